"""Variables of older versions, and how problems of settings are listed."""

from pathlib import Path

import pytest

from app.config import ConfigError, Settings

pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.mark.parametrize("in_file", [True, False])
def test_replaced_setting_names_the_new_one(
    in_file: bool, nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting of an older version is an error that names its replacement, unless empty."""
    old = "OPENAI_NATIVE_TRANSPARENCY"
    monkeypatch.setenv(old, "")
    assert Settings.load().openai_background == "auto"
    if in_file:
        monkeypatch.delenv(old)
        (nothing_set / ".env").write_text(f"{old}=false\n")
    else:
        monkeypatch.setenv(old, "true")
    with pytest.raises(ConfigError, match=f"{old}: .*set OPENAI_BACKGROUND"):
        Settings.load()
    monkeypatch.setenv("PORT", "70000")
    with pytest.raises(ConfigError, match=f"(?s){old}.*PORT"):
        Settings.load()


def test_problems_are_listed_line_by_line() -> None:
    """The message of the error has a heading, and a line for each problem."""
    assert str(ConfigError(["A: wrong", "B: bad"])) == "Invalid settings:\n  A: wrong\n  B: bad"
