"""Logging: an event per line, with the request id and without secrets."""

import logging
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import orjson

from app.http.logs.request_id import request_id

LogFormat = Literal["auto", "json", "text"]

_KEY_PREFIXES = ("sk", "igk", "AKIA", "ASIA")
_KEY = re.compile(rf"(?<![0-9A-Za-z])({'|'.join(_KEY_PREFIXES)})[-\w]{{12,}}")
_MIN_LENGTH_WITHIN_WORDS = 8
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# Characters that JSON doesn't escape, but that terminals and line readers interpret.
_UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u2028\u2029]")


def configure(
    level: str,
    log_format: LogFormat,
    *,
    secrets: tuple[str, ...],
    trace_id: Callable[[], str] = str,
) -> None:
    """Send the service's log to standard error.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        log_format: json, text, or auto (text on a terminal, else JSON).
        secrets: values to mask wherever they appear.
        trace_id: returns the id of the current trace, or "".
    """
    handler = logging.StreamHandler()
    handler.setFormatter(make_formatter(log_format, secrets=secrets, trace_id=trace_id))
    logger = logging.getLogger("app")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def make_formatter(
    log_format: LogFormat, *, secrets: tuple[str, ...], trace_id: Callable[[], str] = str
) -> logging.Formatter:
    """Return the formatter for these options; see `configure`."""
    if log_format == "text" or (log_format == "auto" and sys.stderr.isatty()):
        return TextFormatter(secrets)
    return JsonFormatter(secrets, trace_id)


def secret_pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of these values and of anything like an API key.

    Longer values come first, so that a value that contains another is masked as a whole. Short
    values are masked as whole words only, because they also occur within other words.
    """
    known = sorted(filter(None, set(secrets)), key=len, reverse=True)
    return re.compile("|".join([*map(_literal, known), _KEY.pattern]))


def _literal(secret: str) -> str:
    pattern = re.escape(secret)
    return pattern if len(secret) >= _MIN_LENGTH_WITHIN_WORDS else rf"(?<!\w){pattern}(?!\w)"


class TextFormatter(logging.Formatter):
    """Formats records for terminals: `time level [request id] message`.

    Control characters in the message are escaped, so that clients can't forge lines or send
    terminal escapes. Tracebacks follow on indented lines.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secret = secret_pattern(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as text."""
        second = _second(int(record.created))
        text = f"{second} {record.levelname} [{request_id()}] {_escaped(record.getMessage())}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            text += "".join(f"\n    {_escaped(line)}" for line in trace.splitlines())
        return self._secret.sub("***", text)


class JsonFormatter(logging.Formatter):
    """Formats each record as a JSON object on one line.

    A record's `fields` attribute adds fields to the object; those that are None are omitted.
    """

    def __init__(self, secrets: tuple[str, ...], trace_id: Callable[[], str] = str) -> None:
        super().__init__()
        self._trace_id = trace_id
        self._secret = secret_pattern(secrets)
        # Every line with a secret contains one of these, escaped as in JSON. Few lines do, and a
        # substring search takes a tenth of the time of the pattern.
        escaped = [_to_json(secret)[1:-1] for secret in secrets if secret]
        self._markers = (*_KEY_PREFIXES, *escaped)

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as JSON."""
        milliseconds = int(1000 * (record.created % 1))
        line: dict[str, Any] = {
            "time": f"{_utc_second(int(record.created))}.{milliseconds:03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id()) != "-":
            line["request_id"] = current
        if trace := self._trace_id():
            line["trace_id"] = trace
        fields = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if value is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = _to_json(line)
        if any(part in text for part in self._markers):
            text = _to_json({key: self._masked(value) for key, value in line.items()})
        return text if _is_safe(text) else _UNSAFE_IN_JSON.sub(_as_json_escape, text)

    def _masked(self, value: object) -> object:
        if isinstance(value, dict):
            return {self._masked(name): self._masked(inner) for name, inner in value.items()}
        return self._secret.sub("***", value) if isinstance(value, str) else value


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(since_epoch))


@lru_cache(maxsize=4)
def _utc_second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def _to_json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a lone surrogate, possible in a path, is not valid Unicode
        return orjson.dumps(_valid_unicode(value), default=str).decode()


def _valid_unicode(value: object) -> object:
    if isinstance(value, dict):
        return {key: _valid_unicode(inner) for key, inner in value.items()}
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _is_safe(text: str) -> bool:
    return text.isascii() and "\x7f" not in text


def _as_json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
