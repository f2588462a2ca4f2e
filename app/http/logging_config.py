"""Log lines: one event a line, with the request's id, and never a secret."""

import logging
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import orjson

from app.http.request_id import request_id

LogFormat = Literal["auto", "json", "text"]

_KEY_BEGINNINGS = ("sk", "igk", "AKIA", "ASIA")
_KEY = re.compile(rf"(?<![0-9A-Za-z])({'|'.join(_KEY_BEGINNINGS)})[-\w]{{12,}}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# What JSON lets stand as it is, although a terminal or a reader of lines acts on it.
_STRANGE = re.compile(r"[\x7f-\x9f\u2028\u2029]")


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
        log_format: json, text, or auto: text at a terminal, else JSON.
        secrets: values that are blacked out wherever they turn up.
        trace_id: tells the trace that a thread is in; "" for none.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(log_format, secrets=secrets, trace_id=trace_id))
    logger = logging.getLogger("app")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def formatter(
    log_format: LogFormat, *, secrets: tuple[str, ...], trace_id: Callable[[], str] = str
) -> logging.Formatter:
    """Make what writes the lines; see `configure`."""
    if log_format == "text" or (log_format == "auto" and sys.stderr.isatty()):
        return SafeFormatter(secrets)
    return JsonFormatter(secrets, trace_id)


def secret_pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Match these values, the longest first, and whatever else looks like a key."""
    known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
    return re.compile("|".join([*known, _KEY.pattern]))


class SafeFormatter(logging.Formatter):
    """Writes `time level [request] message`, safe to read at a terminal and to parse by line.

    Control characters of the message are escaped, so nobody can forge a line or color the
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

    A record's own fields are those of its attribute `fields`; None leaves one out.
    """

    def __init__(self, secrets: tuple[str, ...], trace_id: Callable[[], str] = str) -> None:
        super().__init__()
        self._trace_id = trace_id
        self._secret = secret_pattern(secrets)
        # One of these is in any line that holds a secret, as JSON writes it: nearly all hold none,
        # and to search for texts takes a tenth of the time that the pattern takes.
        written = [_quoted(secret)[1:-1] for secret in secrets if secret]
        self._suspicious = (*_KEY_BEGINNINGS, *written)

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
        if trace := self._trace_id():
            line["trace_id"] = trace
        fields = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if value is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = _quoted(line)
        if any(part in text for part in self._suspicious):
            text = _quoted({key: self._safe(value) for key, value in line.items()})
        return text if _is_harmless(text) else _STRANGE.sub(_as_json_escape, text)

    def _safe(self, value: object) -> object:
        if isinstance(value, dict):
            return {self._safe(name): self._safe(inner) for name, inner in value.items()}
        return self._secret.sub("***", value) if isinstance(value, str) else value


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(since_epoch))


@lru_cache(maxsize=4)
def _utc_second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def _quoted(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half of a surrogate pair, which a path can hold, is no Unicode
        return orjson.dumps(_whole(value), default=str).decode()


def _whole(value: object) -> object:
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _is_harmless(text: str) -> bool:
    return text.isascii() and "\x7f" not in text


def _as_json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
