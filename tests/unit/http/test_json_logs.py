"""Log lines as JSON."""

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http import logging_config
from app.http.logging_config import JsonFormatter, TextFormatter


def line_of(message: str, *args: object, secrets: tuple[str, ...] = (), **fields: object) -> str:
    """Format one record as the service does."""
    record = logging.LogRecord("app.part", logging.INFO, "x.py", 1, message, args, None)
    record.fields = fields
    return JsonFormatter(secrets).format(record)


def parsed(message: str, *args: object, secrets: tuple[str, ...] = (), **more: object) -> Any:
    """Format one record and read it as a program would."""
    return json.loads(line_of(message, *args, secrets=secrets, **more))


def test_a_line_has_what_every_event_has_and_its_own_fields() -> None:
    """Time in UTC with milliseconds, level, logger, message, and the event's own fields."""
    reported = parsed("%s is up", "storage", status=200, steps_ms={"store": 1.5}, caller=None)
    time = reported.pop("time")
    assert (len(time), time[10], time[19], time[-1]) == (24, "T", ".", "Z")
    assert reported == {
        "level": "INFO",
        "logger": "app.part",
        "message": "storage is up",
        "status": 200,
        "steps_ms": {"store": 1.5},
    }


@given(st.text())
def test_whatever_is_logged_is_one_harmless_line_that_reports_it_all(text: str) -> None:
    """Any text is in a single line without control characters, and read back as it was."""
    line = line_of("%s", text, path=text)
    assert len(line.splitlines()) == 1
    assert all(char.isprintable() or ord(char) > 0x9F for char in line)
    reported = json.loads(line)
    if text.isascii() or text == text.encode(errors="ignore").decode():
        assert reported["message"] == reported["path"] == text


def test_half_a_pair_is_reported_without_breaking_the_line() -> None:
    """A text that is no Unicode, as a path can be, is shown with the odd part escaped."""
    assert parsed("got %s", "\udce9")["message"] == r"got \udce9"


@pytest.mark.parametrize("secret", ["pass", 'with"quote', "back\\slash", "line\nend", "schlüssel"])
def test_secrets_are_blacked_out_however_json_writes_them(secret: str) -> None:
    """In message, fields and exceptions, also where JSON would escape the secret."""
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        record = logging.LogRecord("a", 40, "x", 1, "say %s", (secret,), sys.exc_info())
    record.fields = {"path": f"/x/{secret}/y", "status": 200}
    reported = json.loads(JsonFormatter((secret,)).format(record))
    assert (reported["message"], reported["path"], reported["status"]) == (
        "say ***",
        "/x/***/y",
        200,
    )
    assert reported["exception"].endswith("RuntimeError: ***")
    assert "Traceback" in reported["exception"]


def test_a_secret_that_is_a_number_breaks_no_line() -> None:
    """Only texts are blacked out, so the line is JSON whatever a secret looks like."""
    reported = parsed("got %s", "200", secrets=("200",), status=200)
    assert (reported["message"], reported["status"]) == ("got ***", 200)


def test_what_looks_like_a_key_is_blacked_out() -> None:
    """Keys that are nobody's setting are hidden too."""
    assert parsed("refused %s.", "sk-proj-abcDEF123_456-789")["message"] == "refused ***."
    assert parsed("refused\n%s.", "sk-proj-abcDEF123_456-789")["message"] == "refused\n***."


@pytest.mark.parametrize(
    ("log_format", "at_terminal", "kind"),
    [
        ("auto", True, TextFormatter),
        ("auto", False, JsonFormatter),
        ("text", False, TextFormatter),
        ("json", True, JsonFormatter),
    ],
)
def test_people_read_text_and_programs_json(
    monkeypatch: pytest.MonkeyPatch,
    log_format: logging_config.LogFormat,
    at_terminal: bool,
    kind: type,
) -> None:
    """Unless it is set, a terminal gets text and everything else JSON."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: at_terminal)
    assert type(logging_config.make_formatter(log_format, secrets=())) is kind
