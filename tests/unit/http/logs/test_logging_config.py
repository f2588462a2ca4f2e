import logging
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.logs import logging_config
from app.http.logs.logging_config import TextFormatter
from tests.support.tables import each_row


def formatted(message: str, *args: object, secrets: tuple[str, ...] = ()) -> str:
    """Format one record as the service does."""
    record = logging.LogRecord("app", logging.INFO, "x.py", 1, message, args, None)
    return TextFormatter(secrets).format(record)


def formatted_error(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Format the record of an error with its traceback."""
    try:
        raise RuntimeError(text)
    except RuntimeError:
        record = logging.LogRecord("app", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    return TextFormatter(secrets).format(record)


def is_inert(text: str) -> bool:
    """Return whether a terminal prints the text without interpreting it, except line ends."""
    return all(char in "\n\t" or char.isprintable() or ord(char) > 0x9F for char in text)


def test_line_contains_time_level_request_id_and_message() -> None:
    """A line can be parsed: time, level, request id or a dash, message."""
    line = formatted("%s is %s", "storage", "up")
    time, level, request, message = line.split(" ", 3)
    assert time.count("-") + time.count(":") >= 4
    assert (level, request, message) == ("INFO", "[-]", "storage is up")


@given(st.text())
def test_any_message_is_one_line_without_control_characters(text: str) -> None:
    """No message can start a new line or control the terminal."""
    line = formatted("asked for %s", text)
    assert len(line.splitlines()) == 1
    assert is_inert(line)


@each_row(
    "text, shown",
    [
        ("a\nb", r"a\nb"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("nul\0", r"nul\x00"),
        ("\u2028", r"\u2028"),
        ("\x85\x9b", r"\x85\x9b"),
        ("tab\tand ünïcode 狐", "tab\tand ünïcode 狐"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    """Control characters are escaped, and all other text is unchanged."""
    assert formatted("%s", text).endswith(f"[-] {shown}")


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("a", "a cat, an image", "*** cat, an image"),
        ("image", "images, image_id: image.", "images, image_id: ***."),
        ("1234567", "12345678 and 1234567", "12345678 and ***"),
        ("p@ss", "top@ss p@ss:p@sses", "top@ss ***:p@sses"),
        ("12345678", "1123456789", "1***9"),
    ],
)
def test_short_secrets_are_masked_as_whole_words(secret: str, text: str, masked: str) -> None:
    """A secret of less than eight characters is kept within other words."""
    assert formatted("%s", text, secrets=(secret,)).endswith(f"[-] {masked}")


def test_secrets_are_masked() -> None:
    """Secrets in message and arguments are masked, also if one is a prefix of another."""
    secrets = ("pass", "password1", "a+b/(c", "")
    line = formatted("pass %s and %s", "password1", "a+b/(c", secrets=secrets)
    assert line.endswith("[-] *** *** and ***")


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcDEF123_456-789",
        "AKIAIOSFODNN7EXAMPLE",
        "igk_0123456789_abcDEF",
        "_igk_0123456789_abcDEF",
    ],
)
def test_text_like_an_api_key_is_masked(key: str) -> None:
    """Keys that are not in the settings, such as one echoed by a provider, are masked too."""
    assert key not in formatted("refused %s.", key)


def test_hyphenated_words_are_not_masked() -> None:
    """An ordinary hyphenated word doesn't count as a key."""
    assert formatted("%s", "risk-assessment-of-something").endswith("risk-assessment-of-something")


def test_tracebacks_are_indented_and_masked() -> None:
    """The lines of a traceback follow their record, indented and with secrets masked."""
    first, *trace = formatted_error("no such password1", ("password1",)).splitlines()
    assert first.endswith("failed")
    assert all(line.startswith("    ") for line in trace)
    assert trace[-1] == "    RuntimeError: no such ***"


@given(st.text())
def test_exception_text_can_not_control_the_terminal(text: str) -> None:
    """Control characters in an exception's text are escaped and can't forge a record."""
    lines = formatted_error(text).split("\n")
    assert all(is_inert(line) for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


@pytest.fixture
def app_logger() -> Iterator[logging.Logger]:
    """Return the service's logger, and restore it afterwards."""
    logger = logging.getLogger("app")
    before = logger.handlers, logger.level, logger.propagate
    yield logger
    logger.handlers, logger.level, logger.propagate = before


def test_configuring_twice_logs_each_record_once(
    app_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two apps in one process log each record once, at the configured level."""
    for _ in range(2):
        logging_config.configure("WARNING", "text", secrets=("hunter2",))
    app_logger.getChild("part").warning("hunter2 once")
    app_logger.getChild("part").info("not this")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("WARNING [-] *** once")
