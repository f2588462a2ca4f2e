"""The log lines at start about the selected adapters."""

from pathlib import Path
from typing import Any

import pytest

from app.container import log_selection
from tests.support.service import settings_for


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        ({"openai_api_key": "sk-none"}, True),
        ({"openai_api_key": "sk-none", "image_provider": "offline"}, False),
        ({"openai_api_key": "sk-none", "auth_required": True}, False),
    ],
)
def test_paid_provider_without_api_keys_is_warned_about(
    tmp_path: Path, settings: dict[str, Any], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A paid provider without required API keys logs a warning that names AUTH_REQUIRED."""
    with caplog.at_level("INFO", logger="app"):
        log_selection(settings_for(data_dir=tmp_path, **settings))
    assert ("AUTH_REQUIRED=true" in caplog.text) is warned


def test_server_without_keys_is_selected_by_its_base_url(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names OPENAI_BASE_URL as the reason, and that prompts are not moderated."""
    with caplog.at_level("INFO", logger="app"):
        log_selection(settings_for(data_dir=tmp_path, openai_base_url="http://127.0.0.1:9/v1"))
    assert "without a moderation model (OPENAI_BASE_URL is set)" in caplog.text
