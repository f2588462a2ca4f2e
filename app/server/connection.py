"""A client connection of the threaded worker."""

import contextlib
import socket
import time
from typing import Any, Protocol

from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import TConn

from app.http.body_limits import MAX_BODY_BYTES
from app.http.uploads.limits import UploadLimits
from app.server.request_buffer import RequestBuffer
from app.server.response_socket import ResponseSocket

BODY_SECONDS = 20.0
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UPLOAD_BYTES_PER_SECOND = 50_000
"""The lowest average rate of an upload after that."""


class ConnectionOwner(Protocol):
    """The part of the worker that a connection uses."""

    cfg: Any
    uploads: UploadLimits | None

    def close_gracefully(self, conn: "Connection", /) -> None:
        """Hold the connection after the response, until the client closes it."""


class Connection(TConn):  # type: ignore[misc] # reason: gunicorn has no types
    """A client connection with its request buffer and its deadline."""

    def __init__(
        self, worker: ConnectionOwner, sock: socket.socket, client: Any, server: Any
    ) -> None:
        super().__init__(worker.cfg, ResponseSocket(sock), client, server)
        self.buffer = RequestBuffer(worker.cfg, client, uploads=worker.uploads)
        self.deadline = 0.0
        self.closing_since = 0.0
        self.discarded_bytes = 0
        self.receives_body = False
        self._body_since = 0.0
        self.continue_sent = False
        self._worker = worker

    @property
    def receives_file(self) -> bool:
        """Whether the body of the current request may be a large one."""
        return self.buffer.max_body_bytes > MAX_BODY_BYTES

    @property
    def body_deadline(self) -> float:
        """The monotonic time until which the body may take.

        A body that goes to a file may take longer with each byte that arrives.
        """
        received = self.buffer.file.received_bytes if self.buffer.file else 0
        return self._body_since + BODY_SECONDS + received / UPLOAD_BYTES_PER_SECOND

    def start_body(self) -> None:
        """Expect the rest of the body, once the head is complete."""
        self.receives_body, self._body_since = True, time.monotonic()

    def send_continue(self) -> None:
        """Ask a client that waits for it to send the body, once."""
        if self.buffer.expects_continue and not self.continue_sent:
            self.continue_sent = True
            with contextlib.suppress(OSError):  # the deadline closes a broken connection
                self.sock.send(_CONTINUE, socket.MSG_DONTWAIT)

    def start_request(self) -> None:
        """Prepare for the next request.

        Part of it may have been received together with the previous one.
        """
        self.sock.begin_response()
        received = self.parser.unreader.take_buffered() if self.parser else b""
        self.buffer.close()
        self.buffer = RequestBuffer(self.cfg, self.client, received, uploads=self._worker.uploads)
        self.receives_body = False
        self.continue_sent = False

    def finish_receiving(self) -> None:
        """Pass the complete request to gunicorn's parser."""
        self.init()
        self.parser.unreader = IterUnreader(self.buffer.pieces())
        self.data_ready = True

    def close(self, graceful: bool = False) -> None:
        """Close; if `graceful`, give the client time to read the response."""
        if graceful:
            self._worker.close_gracefully(self)
        else:
            self.buffer.close()
            super().close()

    def abort(self) -> None:
        """Close with a reset."""
        self.buffer.close()
        self.sock.abort()
