"""What the log says at start about who may call."""

from pathlib import Path
from typing import Any

import pytest

from app.container import announce
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
def test_who_pays_and_asks_nobody_is_warned(
    tmp_path: Path, settings: dict[str, Any], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Where images cost money and no key is asked for, the setting that changes it is named."""
    with caplog.at_level("INFO", logger="app"):
        announce(settings_for(data_dir=tmp_path, **settings))
    assert ("AUTH_REQUIRED=true" in caplog.text) is warned
