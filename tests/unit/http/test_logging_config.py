import logging
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http import logging_config
from app.http.logging_config import TextFormatter


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


def harmless(text: str) -> bool:
    """Tell whether a terminal shows the text as it is, apart from line ends."""
    return all(char in "\n\t" or char.isprintable() or ord(char) > 0x9F for char in text)


def test_a_line_reports_time_level_request_and_message() -> None:
    """A line can be parsed: time, level, request id or a dash, message."""
    line = formatted("%s is %s", "storage", "up")
    time, level, request, message = line.split(" ", 3)
    assert time.count("-") + time.count(":") >= 4
    assert (level, request, message) == ("INFO", "[-]", "storage is up")


@given(st.text())
def test_whatever_is_logged_stays_on_one_harmless_line(text: str) -> None:
    """No text can begin a line of its own or steer the terminal."""
    line = formatted("asked for %s", text)
    assert len(line.splitlines()) == 1
    assert harmless(line)


@pytest.mark.parametrize(
    ("text", "shown"),
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
def test_control_characters_are_shown_escaped(text: str, shown: str) -> None:
    """Control characters can be read in the log, and everything else is left as it is."""
    assert formatted("%s", text).endswith(f"[-] {shown}")


def test_secrets_are_blacked_out_wherever_they_turn_up() -> None:
    """Message and arguments, the whole of a secret of which another is the beginning."""
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
def test_what_looks_like_a_key_is_blacked_out(key: str) -> None:
    """Keys that are nobody's setting, such as one echoed by a provider, are hidden too."""
    assert key not in formatted("refused %s.", key)


def test_ordinary_words_are_not_taken_for_keys() -> None:
    """A hyphenated word is no key."""
    assert formatted("%s", "risk-assessment-of-something").endswith("risk-assessment-of-something")


def test_a_traceback_follows_indented_and_without_secrets() -> None:
    """The traceback is logged, each line below its record, with the secrets blacked out."""
    first, *trace = formatted_error("no such password1", ("password1",)).splitlines()
    assert first.endswith("failed")
    assert all(line.startswith("    ") for line in trace)
    assert trace[-1] == "    RuntimeError: no such ***"


@given(st.text())
def test_the_text_of_an_error_can_not_steer_the_terminal(text: str) -> None:
    """Control characters in an exception's text are harmless, and forge no record."""
    lines = formatted_error(text).split("\n")
    assert all(harmless(line) for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


@pytest.fixture
def app_logger() -> Iterator[logging.Logger]:
    """Give the service's logger, and put it back as it was."""
    logger = logging.getLogger("app")
    before = logger.handlers, logger.level, logger.propagate
    yield logger
    logger.handlers, logger.level, logger.propagate = before


def test_configuring_twice_logs_once(
    app_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two apps in a process don't log everything twice, and the level is kept."""
    for _ in range(2):
        logging_config.configure("WARNING", "text", secrets=("geheim",))
    app_logger.getChild("part").warning("geheim once")
    app_logger.getChild("part").info("not this")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].endswith("WARNING [-] *** once")
