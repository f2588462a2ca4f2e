"""Which requests with a large body are received: few at a time, and with a valid API key.

The key is checked once the head has arrived: its form immediately, and the key itself in a thread
while the body arrives. So clients without a valid key don't occupy the places of others.
"""

from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

from app.errors import AppError, Forbidden, ServiceBusy, Unauthorized
from app.http.request_kinds import RequestKind
from app.http.uploads.limits import MAX_CONCURRENT_UPLOADS, UploadLimits
from app.server.connection import Connection
from app.server.request_buffer import RequestBuffer

_MAX_LARGE_BODIES = MAX_CONCURRENT_UPLOADS  # with a mask, and as many uploads, at the same time


class Receiver(Protocol):
    """The part of the worker that is used here."""

    uploads: UploadLimits | None
    tpool: Any
    method_queue: Any

    def receiving(self) -> list[Connection]:
        """Return the connections that are receiving a request."""

    def reject(self, conn: Connection, error: BaseException, /) -> None:
        """Send an error instead of receiving more."""


class LargeBodies:
    """Admits requests whose body may be a large one.

    Args:
        worker: receives them.
    """

    def __init__(self, worker: Receiver) -> None:
        self._worker = worker

    def refusal(self, conn: Connection) -> AppError | None:
        """Return the error for a request of which only the head has arrived, if it is refused.

        Its key may turn out to be invalid later; then the worker rejects it.
        """
        try:
            if conn.receives_file:
                self._admit(conn)
        except AppError as error:
            return error
        return None

    def _admit(self, conn: Connection) -> None:
        uploads, buffer = self._worker.uploads, conn.buffer
        key_check = uploads.key_check if uploads else None
        if key_check:
            key_check.check_form(buffer.credentials)
        limits = [one.buffer.max_body_bytes for one in self._worker.receiving()]
        if limits.count(buffer.max_body_bytes) > _MAX_LARGE_BODIES:
            raise ServiceBusy("too many large bodies are being received")
        if key_check:
            future = self._worker.tpool.submit(RequestKind.OTHER, key_check, buffer.credentials)
            checked = partial(self._on_key_checked, conn, buffer)
            future.add_done_callback(partial(self._worker.method_queue.defer, checked))

    def _on_key_checked(self, conn: Connection, buffer: RequestBuffer, fs: "Future[None]") -> None:
        """Reject a request that is still arriving if its key is not valid."""
        error = None if fs.cancelled() else fs.exception()
        is_arriving = conn.buffer is buffer and conn in self._worker.receiving()
        if is_arriving and isinstance(error, (Unauthorized, Forbidden)):
            self._worker.reject(conn, error)
