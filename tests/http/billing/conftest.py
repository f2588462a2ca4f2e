"""A service that is charged for images."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import FakeOpenAI
from tests.support.service import Service, openai_settings, serving, settings_for


@pytest.fixture
def paid_service(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve on embedded parts, with fake OpenAI as a paid provider."""
    with serving(settings_for(data_dir=tmp_path, **openai_settings(fake_openai))) as service:
        yield service
