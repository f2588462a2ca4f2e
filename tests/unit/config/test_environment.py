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


@pytest.mark.parametrize(
    ("setting", "others", "prefix"),
    [
        ("aws_region", ("AWS_DEFAULT_REGION",), ""),
        ("s3_endpoint_url", ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), "http://"),
    ],
)
def test_standard_names_of_the_sdk_are_read(
    monkeypatch: pytest.MonkeyPatch, setting: str, others: tuple[str, ...], prefix: str
) -> None:
    """Each counts only where no more specific one is set."""
    for name in reversed((setting.upper(), *others)):
        value = f"{prefix}{name.lower().replace('_', '-')}"
        monkeypatch.setenv(name, value)
        assert getattr(Settings.load(), setting) == value


@pytest.mark.parametrize("dirty", ["org\u200b1", "org 1", "org-1;"])
def test_problem_names_the_variable_that_was_set(
    dirty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that was set under its other name is reported under that name."""
    monkeypatch.setenv("OPENAI_ORGANIZATION", dirty)
    with pytest.raises(ConfigError, match=r"(?m)^  OPENAI_ORGANIZATION: "):
        Settings.load()
    monkeypatch.setenv("OPENAI_ORG_ID", "org-2")
    assert Settings.load().openai_org_id == "org-2"


def test_names_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in lower case are read, too; upper case wins."""
    monkeypatch.setenv("port", "6001")
    assert Settings.load().port == 6001
    monkeypatch.setenv("PORT", "6002")
    assert Settings.load().port == 6002
