"""Log lines: one event a line, with the request's id, and never a secret."""

import logging
import re
import sys
import time
from functools import lru_cache
from typing import Any, Literal

import orjson

from app.http.request_id import request_id

LogFormat = Literal["auto", "json", "text"]

_KEY = re.compile(r"\b(sk|igk|AKIA|ASIA)[-\w]{12,}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# What JSON lets stand as it is, although a terminal or a reader of lines acts on it.
_STRANGE = re.compile(r"[\x7f-\x9f\u2028\u2029]")


def configure(level: str, log_format: LogFormat, *, secrets: tuple[str, ...]) -> None:
    """Send the service's log to standard error.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        log_format: json, text, or auto: text at a terminal, else JSON.
        secrets: values that are blacked out wherever they turn up.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(log_format, secrets=secrets))
    logger = logging.getLogger("app")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def formatter(log_format: LogFormat, *, secrets: tuple[str, ...]) -> logging.Formatter:
    """Make what writes the lines; see `configure`."""
    if log_format == "text" or (log_format == "auto" and sys.stderr.isatty()):
        return SafeFormatter(secrets)
    return JsonFormatter(secrets)


def secret_pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Match these values, the longest first, and whatever else looks like a key."""
    known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
    return re.compile("|".join([*known, _KEY.pattern]))


class SafeFormatter(logging.Formatter):
    """Writes `time level [request] message`, safe to read at a terminal and to parse by line.

    Control characters of the message are escaped, so nobody can forge a line or colour the
    terminal. Tracebacks follow on lines of their own, indented.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secret = secret_pattern(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        second = _second(int(record.created))
        text = f"{second} {record.levelname} [{request_id()}] {_escaped(record.getMessage())}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            text += "".join(f"\n    {_escaped(line)}" for line in trace.splitlines())
        return self._secret.sub("***", text)


class JsonFormatter(logging.Formatter):
    """Writes one JSON object a line: what every event has, and what is its own.

    A record's own fields are those of its attribute `fields`; None leaves one out. Secrets are
    blacked out in every text before it is quoted, so they are found whatever JSON would escape.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secret = secret_pattern(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        milliseconds = int(1000 * (record.created % 1))
        line: dict[str, Any] = {
            "time": f"{_utc_second(int(record.created))}.{milliseconds:03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id()) != "-":
            line["request_id"] = current
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _quoted({key: self._safe(value) for key, value in line.items() if value is not None})

    def _safe(self, value: object) -> object:
        return self._secret.sub("***", value) if isinstance(value, str) else value


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(since_epoch))


@lru_cache(maxsize=4)
def _utc_second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def _quoted(line: dict[str, Any]) -> str:
    try:
        text = orjson.dumps(line).decode()
    except TypeError:  # half of a surrogate pair, which a path can hold, is no Unicode
        whole = {key: _escaped_halves(value) for key, value in line.items()}
        text = orjson.dumps(whole, default=str).decode()
    return _STRANGE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped_halves(value: object) -> object:
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
