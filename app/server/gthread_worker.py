"""A threaded gunicorn worker that dispatches only complete requests.

In gunicorn's own threaded worker, a thread waits while a client sends slowly, and the event loop
waits for clients that don't close their connection, so a few such clients can block the server.
Here the event loop never blocks. It holds every connection that is waiting: those that are
receiving a request, with up to 64 KiB of body, and those that are closing. Each has a deadline.
A few may receive the larger bodies that carry a file.
"""

import contextlib
import errno
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from app.errors import RequestTimeout, ServiceBusy
from app.http.body_limits import MAX_BODY_BYTES
from app.server.request_buffer import RequestBuffer

HEAD_SECONDS = 10.0
BODY_SECONDS = 20.0
_SEND_SECONDS = 10  # within which a client has to read some of a response
_CLOSE_SECONDS = 2.0  # for the client to read the response and close its side
_DEADLINE_CHECK_SECONDS = 0.25
_READ_BYTES = 64 * 1024
_MAX_LARGE_BODIES = 32  # received at the same time, of up to 1.5 MiB each
_SEND_TIMEOUT = struct.pack("ll", _SEND_SECONDS, 0)  # the kernel's timeval
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):  # type: ignore[misc] # reason: gunicorn has no types
    """A client connection with its request buffer and its deadline."""

    def __init__(self, worker: "Worker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
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


class Worker(ThreadWorker):  # type: ignore[misc] # reason: gunicorn has no types
    """Threaded worker that receives requests in its event loop.

    Public methods override gunicorn's, except `close_gracefully`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The connections in the event loop, each with the function called at its deadline.
        self._held: dict[Connection, Callable[[Connection], None]] = {}
        self._next_deadline_check = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and start to receive its request."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        self.enqueue_req(Connection(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Receive a request, and pass it to a thread once it is complete."""
        conn.start_request()
        self._receive(conn)  # usually the whole request has arrived

    def close_gracefully(self, conn: Connection) -> None:
        """Hold the connection after the response, until the client closes it.

        Closing a socket with unread data resets the connection, and the client would lose the
        response (RFC 9112, section 9.6).
        """
        self.nr_conns += 1
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._hold(conn, _CLOSE_SECONDS, self._discard_input, self._drop)
        except (OSError, ValueError):  # reset, or closed already
            self._drop(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Run the application; don't send `100 Continue` a second time."""
        if conn.continue_sent:
            req._expected_100_continue = False
        try:
            return super().handle_request(req, conn)
        except BlockingIOError:  # the send timeout, which gunicorn would log as an error
            raise ConnectionResetError(errno.ECONNRESET, "client does not read") from None

    def murder_pending(self) -> None:
        """Close connections past their deadline.

        The event loop calls this in every iteration.
        """
        now = time.monotonic()
        if now < self._next_deadline_check:
            return
        self._next_deadline_check = now + _DEADLINE_CHECK_SECONDS
        for conn in [conn for conn in self._held if conn.deadline <= now]:
            self._held[conn](conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """During shutdown, limit the deadline of idle connections."""
        super()._cap_keepalive(deadline)
        for conn in self._held:
            if not conn.buffer.data:
                conn.deadline = min(conn.deadline, deadline)

    def _hold(
        self,
        conn: Connection,
        seconds: float,
        on_readable: Callable[[Connection, Any], None],
        on_deadline: Callable[[Connection], None],
    ) -> None:
        conn.deadline = time.monotonic() + seconds
        if not self.alive and not conn.buffer.data:
            conn.deadline = min(conn.deadline, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.poller.register(conn.sock, EVENT_READ, partial(on_readable, conn))
        self._held[conn] = on_deadline

    def _release(self, conn: Connection) -> None:
        if self._held.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _receive(self, conn: Connection, _: Any = None) -> None:
        """Read received data; then dispatch, reject or wait for more."""
        try:
            data = _read(conn.sock)
            complete = conn.buffer.append(data or b"")
        except OSError:  # reset
            self._drop(conn)
        except Exception as error:  # noqa: BLE001 - reason: one connection must not end the event loop
            self._reject(conn, error)
        else:
            self._proceed(conn, complete=complete, closed=data == b"")

    def _proceed(self, conn: Connection, *, complete: bool, closed: bool) -> None:
        if complete:
            self._release(conn)
            conn.finish_receiving()
            super().enqueue_req(conn)
        elif closed and conn.buffer.data:
            self._reject(conn, NoMoreData())
        elif closed:
            self._drop(conn)
        else:
            self._wait_for_more(conn)

    def _wait_for_more(self, conn: Connection) -> None:
        if conn not in self._held:
            self._hold(conn, HEAD_SECONDS, self._receive, self._time_out)
        if conn.buffer.head_complete and not conn.receives_body:
            if conn.receives_file and self._receives_too_many_files():
                self._reject(conn, ServiceBusy("too many large bodies are being received"))
                return
            conn.receives_body = True
            conn.deadline = time.monotonic() + BODY_SECONDS
        if conn.buffer.expects_continue and not conn.continue_sent:
            conn.continue_sent = True
            with contextlib.suppress(OSError):  # the deadline closes a broken connection
                conn.sock.send(_CONTINUE)

    def _receives_too_many_files(self) -> bool:
        receiving = [conn for conn, action in self._held.items() if action == self._time_out]
        return sum(conn.receives_file for conn in receiving) > _MAX_LARGE_BODIES

    def _time_out(self, conn: Connection) -> None:
        if conn.buffer.data:
            self._reject(conn, RequestTimeout())
        else:
            self._drop(conn)

    def _reject(self, conn: Connection, error: BaseException) -> None:
        self._release(conn)
        self.handle_error(None, conn.sock, conn.client, error, bytes(conn.buffer.data))
        self.nr_conns -= 1
        self.close_gracefully(conn)

    def _discard_input(self, conn: Connection, _: Any = None) -> None:
        """Discard further input until the client closes the connection."""
        try:
            if _read(conn.sock) == b"":
                self._drop(conn)
        except OSError:
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.close()


def _read(sock: socket.socket) -> bytes | None:
    """Return received bytes; b"" at the end; None if there are none yet."""
    try:
        return sock.recv(_READ_BYTES)
    except BlockingIOError:
        return None
