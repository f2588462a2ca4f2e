"""A client connection of the threaded worker."""

import socket
from typing import Any, Protocol

from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import TConn

from app.http.body_limits import MAX_BODY_BYTES
from app.server.request_buffer import RequestBuffer
from app.server.response_socket import ResponseSocket


class ConnectionOwner(Protocol):
    """The part of the worker that a connection uses."""

    cfg: Any

    def close_gracefully(self, conn: "Connection", /) -> None:
        """Hold the connection after the response, until the client closes it."""


class Connection(TConn):  # type: ignore[misc] # reason: gunicorn has no types
    """A client connection with its request buffer and its deadline."""

    def __init__(
        self, worker: ConnectionOwner, sock: socket.socket, client: Any, server: Any
    ) -> None:
        super().__init__(worker.cfg, ResponseSocket(sock), client, server)
        self.buffer = RequestBuffer(worker.cfg, client)
        self.deadline = 0.0
        self.receives_body = False
        self.continue_sent = False
        self._worker = worker

    @property
    def receives_file(self) -> bool:
        """Whether the body of the current request may be a large one."""
        return self.buffer.max_body_bytes > MAX_BODY_BYTES

    def start_request(self) -> None:
        """Prepare for the next request.

        Part of it may have been received together with the previous one.
        """
        self.sock.begin_response()
        received = self.parser.unreader.take_buffered() if self.parser else b""
        self.buffer = RequestBuffer(self.cfg, self.client, received)
        self.receives_body = False
        self.continue_sent = False
        # A kept-alive socket is non-blocking already, and the call would release the GIL.
        if self.sock.getblocking():
            self.sock.setblocking(False)

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
            super().close()
