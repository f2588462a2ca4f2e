"""The calls of customers, who use the Python client of this repository as it is."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from flask_image_generator_client import ApiError, DeadlineExceeded, ImageClient

_DEADLINE_SECONDS = 40
_MAX_PAUSE_SECONDS = 3  # customers are less patient than Retry-After asks for
_REPEATED = logging.getLogger("flask_image_generator_client.retries")


@dataclass(frozen=True)
class Reply:
    """What a call has returned or raised.

    Attributes:
        status: 0 if the connection was lost, or the time was over.
        body: the JSON object, if it is one.
        data: the bytes of a file.
        is_late: whether the time was over: the server may still work on the request.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)
    is_late: bool = False

    @property
    def text(self) -> str:
        """The beginning of the content, for messages."""
        return str(self.body or self.data)[:300]


class Client:
    """Calls one server for all customers; each call is repeated as the Python client decides.

    Args:
        url: where the server is.
    """

    def __init__(self, url: str) -> None:
        self._client = ImageClient(url, deadline=_DEADLINE_SECONDS, sleep=_pause)

    def generate(self, prompt: str, key: str, n: int = 1) -> Reply:
        """Order images, under an idempotency key."""
        if n == 1:
            return _call(self._client.generate, prompt, idempotency_key=key)
        return _call(self._client.candidates, prompt, n, idempotency_key=key)

    def edit(self, filename: str, prompt: str, key: str, n: int = 1) -> Reply:
        """Order edits of an image, under an idempotency key."""
        if n == 1:
            return _call(self._client.edit, filename, prompt, idempotency_key=key)
        return _call(self._client.candidates, prompt, n, of=filename, idempotency_key=key)

    def upload(self, file: bytes, prompt: str) -> Reply:
        """Upload a PNG file."""
        return _call(self._client.upload, file, prompt=prompt)

    def fetch(self, filename: str) -> Reply:
        """Fetch the bytes of an image."""
        return _call(self._client.download, filename)

    def list(self) -> Reply:
        """Read the first page of the list."""
        return _call(self._client.list_page, limit=50)

    def delete(self, filename: str, *, purge: bool) -> Reply:
        """Move an image to the trash, or delete it for good."""
        return _call(self._client.delete, filename, purge=purge)

    def restore(self, filename: str) -> Reply:
        """Return an image from the trash."""
        return _call(self._client.restore, filename)

    def delete_group(self, group: str, *, kept: str) -> Reply:
        """Move all images of a group to the trash, except one."""
        return _call(self._client.delete_group, group, keep=[kept])

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class RepetitionLog(logging.Handler):
    """Passes on why the Python client repeats a request: an error code, or an exception's name."""

    def __init__(self, note: Callable[[str], object]) -> None:
        super().__init__()
        self._note = note

    def __enter__(self) -> None:
        _REPEATED.addHandler(self)
        _REPEATED.propagate = False

    def __exit__(self, *_: object) -> None:
        _REPEATED.removeHandler(self)
        _REPEATED.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        """Take the reason out of the message's arguments."""
        assert isinstance(record.args, tuple)
        self._note(str(record.args[-1]))


def _call(method: Callable[..., Any], *arguments: Any, **options: Any) -> Reply:
    try:
        value = method(*arguments, **options)
    except ApiError as error:
        return Reply(error.status or 0, dict(error.body))
    except DeadlineExceeded as error:
        return Reply(0, is_late=isinstance(error.__cause__, httpx.TimeoutException))
    if value is None:
        return Reply(204)
    if isinstance(value, bytes):
        return Reply(200, data=value)
    return Reply(200, {"deleted": value} if isinstance(value, list) else dict(value.raw))


def _pause(seconds: float) -> None:
    time.sleep(min(seconds, _MAX_PAUSE_SECONDS))
