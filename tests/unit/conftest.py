"""Fixtures of the unit tests."""

from pathlib import Path

import pytest
from hypothesis import settings

from app.config import Settings
from tests.support.builders import World

# The same examples in every run, so that more of them would find no more in the next one; and no
# failures because of a busy machine.
settings.register_profile(
    "repeatable", max_examples=50, deadline=None, derandomize=True, database=None
)
settings.load_profile("repeatable")


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
