"""Fixtures of the unit tests."""

from pathlib import Path

import pytest

from app.config import Settings
from tests.support.builders import World


@pytest.fixture
def world() -> World:
    """Return all fakes, with the use cases on them."""
    return World()


@pytest.fixture
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder, remove all settings, and return the folder."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
