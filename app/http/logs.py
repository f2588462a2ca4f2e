"""Log lines: one event a line, with the request's id, and never a secret."""

import logging
import re
import time
from functools import lru_cache

from app.http.request_id import request_id

_KEY = re.compile(r"\b(sk|igk|AKIA|ASIA)[-\w]{12,}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def configure(level: str, *, secrets: tuple[str, ...]) -> None:
    """Send the service's log to standard error.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        secrets: values that are blacked out wherever they turn up.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter(secrets))
    logger = logging.getLogger("app")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


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


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(since_epoch))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
