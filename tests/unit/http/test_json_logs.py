"""JSON log lines."""

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.logs import logging_config
from app.http.logs.logging_config import JsonFormatter, TextFormatter


def json_line(message: str, *args: object, secrets: tuple[str, ...] = (), **fields: object) -> str:
    """Return the JSON line of one record."""
    record = logging.LogRecord("app.part", logging.INFO, "x.py", 1, message, args, None)
    record.fields = fields
    return JsonFormatter(secrets).format(record)


def parsed(message: str, *args: object, secrets: tuple[str, ...] = (), **more: object) -> Any:
    """Return the parsed JSON line of one record."""
    return json.loads(json_line(message, *args, secrets=secrets, **more))


def test_line_contains_common_fields_and_those_of_the_event() -> None:
    """UTC time with milliseconds, level, logger, message, and the event's own fields."""
    line_fields = parsed("%s is up", "storage", status=200, steps_ms={"store": 1.5}, caller=None)
    time = line_fields.pop("time")
    assert (len(time), time[10], time[19], time[-1]) == (24, "T", ".", "Z")
    assert line_fields == {
        "level": "INFO",
        "logger": "app.part",
        "message": "storage is up",
        "status": 200,
        "steps_ms": {"store": 1.5},
    }


@given(st.text())
def test_any_message_is_one_line_and_survives_parsing(text: str) -> None:
    """Any text is one line without control characters, and parses back unchanged."""
    line = json_line("%s", text, path=text)
    assert len(line.splitlines()) == 1
    assert all(char.isprintable() or ord(char) > 0x9F for char in line)
    line_fields = json.loads(line)
    if text.isascii() or text == text.encode(errors="ignore").decode():
        assert line_fields["message"] == line_fields["path"] == text


def test_lone_surrogates_are_escaped() -> None:
    """Text that is not valid Unicode, possible in a path, is escaped."""
    assert parsed("got %s", "\udce9")["message"] == r"got \udce9"


@pytest.mark.parametrize("secret", ["pass", 'with"quote', "back\\slash", "line\nend", "schlüssel"])
def test_secrets_are_masked_in_any_json_spelling(secret: str) -> None:
    """Secrets are masked in message, fields and exception, also where JSON escapes them."""
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        record = logging.LogRecord("a", 40, "x", 1, "say %s", (secret,), sys.exc_info())
    record.fields = {"path": f"/x/{secret}/y", "status": 200}
    line_fields = json.loads(JsonFormatter((secret,)).format(record))
    assert (line_fields["message"], line_fields["path"], line_fields["status"]) == (
        "say ***",
        "/x/***/y",
        200,
    )
    assert line_fields["exception"].endswith("RuntimeError: ***")
    assert "Traceback" in line_fields["exception"]


def test_numeric_secrets_keep_the_line_valid() -> None:
    """Only strings are masked, so the line stays valid JSON."""
    line_fields = parsed("got %s", "200", secrets=("200",), status=200)
    assert (line_fields["message"], line_fields["status"]) == ("got ***", 200)


def test_text_like_an_api_key_is_masked() -> None:
    """Keys that are not in the settings are masked too."""
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
def test_format_is_text_at_a_terminal_and_json_otherwise(
    monkeypatch: pytest.MonkeyPatch,
    log_format: logging_config.LogFormat,
    at_terminal: bool,
    kind: type,
) -> None:
    """`auto` means text at a terminal and JSON otherwise; a set format always applies."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: at_terminal)
    assert type(logging_config.make_formatter(log_format, secrets=())) is kind
