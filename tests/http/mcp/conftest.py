"""A service for the tests of tools that draw."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import FakeOpenAI
from tests.support.fakes.ports import FakeClock
from tests.support.http.mcp_client import McpClient, mcp_client
from tests.support.service import Service, openai_settings, serving, settings_for


@pytest.fixture
def paid(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve with a provider that charges, and a clock that stands still."""
    settings = settings_for(data_dir=tmp_path, **openai_settings(fake_openai))
    with serving(settings, FakeClock()) as service:
        yield service


@pytest.fixture
def client(paid: Service) -> Iterator[McpClient]:
    """Connect the official client."""
    with mcp_client(f"{paid.url}/mcp") as client:
        yield client
