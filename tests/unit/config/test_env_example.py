"""The example file of the settings."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app.config import Settings

EXAMPLE = Path(__file__).parents[3] / ".env.example"
pytestmark = pytest.mark.usefixtures("nothing_set")


def test_env_example_lists_exactly_the_settings() -> None:
    """`.env.example` has each field of Settings once, in upper case, and nothing else."""
    names = re.findall(r"^([^#\s=]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_env_example_values_are_the_defaults() -> None:
    """A copy of `.env.example` changes no setting, and it shows every default."""
    assert Settings.load(EXAMPLE) == Settings()
    filled = {name.lower() for name, value in dotenv_values(EXAMPLE).items() if value}
    defaults = Settings().model_dump()
    assert filled == {name for name, value in defaults.items() if value is not None}
