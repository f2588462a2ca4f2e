"""gunicorn's worker with threads, but a request takes a thread only once all of it has arrived.

By itself gunicorn lets a thread wait for whatever a caller sends slowly, and its loop wait for
callers who don't hang up, so a few of those would hold the whole server. Here the loop holds all
connections that wait for something, and never waits for one: those that arrive, up to a whole
request of at most 64 KiB of body, and those that leave. Each has a time by which it is cut off.
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
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from app.errors import RequestTimeout
from app.server.error_responses import refusal
from app.server.request_buffer import RequestBuffer

HEAD_SECONDS = 10.0
BODY_SECONDS = 20.0
_READING_SECONDS = 10  # in which a caller has to take something of an answer
_LEAVING_SECONDS = 2.0  # for the caller to read the answer and hang up
_SECONDS_BETWEEN_LOOKS = 0.25
_PIECE_BYTES = 64 * 1024
_READING_TIME = struct.pack("ll", _READING_SECONDS, 0)  # the kernel's timeval
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):  # type: ignore[misc] # reason: gunicorn has no types
    """A connection, and until when the loop holds it."""

    def __init__(self, worker: "Worker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.arrival = RequestBuffer(worker.cfg, client)
        self.held_until = 0.0
        self.awaits_body = False
        self.reported_to_continue = False
        self._worker = worker

    def await_request(self) -> None:
        """Be ready for the next request, some of which may have come with the one before."""
        held = self.parser.unreader.take_buffered() if self.parser else b""
        self.arrival = RequestBuffer(self.cfg, self.client, held)
        self.awaits_body = False
        self.reported_to_continue = False
        # One that was kept alive is right already, and a call would give Python's lock away.
        if self.sock.getblocking():
            self.sock.setblocking(False)

    def hand_over(self) -> None:
        """Give gunicorn's parser the bytes of the request."""
        self.init()
        self.parser.unreader.unread(bytes(self.arrival.data))
        self.data_ready = True

    def close(self, graceful: bool = False) -> None:
        """Close; gracefully means to leave the caller time to read the answer."""
        if graceful:
            self._worker.let_leave(self)
        else:
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc] # reason: gunicorn has no types
    """See the module.

    The methods without an underscore are gunicorn's, but for `let_leave`, `stay` and `go`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Each with what is done when its time is over.
        self._held: dict[Connection, Callable[[Connection], None]] = {}
        self._next_look = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, and hold it."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _READING_TIME)
        self.enqueue_req(Connection(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Hold a connection until its next request has arrived, then let a thread handle that."""
        conn.await_request()
        self._arrives(conn)  # most have sent all of it by now

    def let_leave(self, conn: Connection) -> None:
        """Hold a connection that was answered until the caller hangs up (RFC 9112, section 9.6).

        To close while there is something unread would reset it, and the answer be lost.
        """
        self.nr_conns += 1
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._hold(conn, _LEAVING_SECONDS, self._leaves, self._drop)
        except (OSError, ValueError):  # it is gone, or closed
            self._drop(conn)

    def stay(self) -> None:
        """Don't leave while something runs whose caller may leave; from any thread.

        What is deferred is done in its order: so this counts before its caller's own end does.
        """
        self.method_queue.defer(self._count, 1)

    def go(self) -> None:
        """Take back a `stay`, from any thread."""
        self.method_queue.defer(self._count, -1)

    def _count(self, change: int) -> None:
        self.nr_conns += change  # what gunicorn waits for

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer, without telling the caller once more to send what is there."""
        if conn.reported_to_continue:
            req._expected_100_continue = False
        try:
            return super().handle_request(req, conn)
        except BlockingIOError:  # the time to read is over; gunicorn takes that for its own fault
            raise ConnectionResetError(errno.ECONNRESET, "does not read") from None

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:  # noqa: ARG002 - reason: gunicorn's signature
        """Answer what gunicorn refuses in the shape of all errors."""
        with contextlib.suppress(OSError):  # nobody is there to hear it
            client.sendall(refusal(exc))

    def murder_pending(self) -> None:
        """Cut off those whose time is over; the loop calls this after every round."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _SECONDS_BETWEEN_LOOKS
        for conn in [conn for conn in self._held if conn.held_until <= now]:
            self._held[conn](conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Don't wait long for those who have sent nothing, now that this worker stops."""
        super()._cap_keepalive(deadline)
        for conn in self._held:
            if not conn.arrival.data:
                conn.held_until = min(conn.held_until, deadline)

    def _hold(
        self,
        conn: Connection,
        seconds: float,
        at_data: Callable[[Connection, Any], None],
        at_end: Callable[[Connection], None],
    ) -> None:
        conn.held_until = time.monotonic() + seconds
        if not self.alive and not conn.arrival.data:
            conn.held_until = min(conn.held_until, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.poller.register(conn.sock, EVENT_READ, partial(at_data, conn))
        self._held[conn] = at_end

    def _release(self, conn: Connection) -> None:
        if self._held.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _arrives(self, conn: Connection, _: Any = None) -> None:
        """Read what there is; pass the request on, refuse it, or wait for more."""
        try:
            piece = _read(conn.sock)
            whole = conn.arrival.take(piece or b"")
        except OSError:  # reset
            self._drop(conn)
        except Exception as error:  # noqa: BLE001 - reason: the loop has to live on for all others
            self._refuse(conn, error)
        else:
            self._go_on(conn, whole=whole, ended=piece == b"")

    def _go_on(self, conn: Connection, *, whole: bool, ended: bool) -> None:
        if whole:
            self._release(conn)
            conn.hand_over()
            super().enqueue_req(conn)
        elif ended and conn.arrival.data:
            self._refuse(conn, NoMoreData())
        elif ended:
            self._drop(conn)
        else:
            self._await_more(conn)

    def _await_more(self, conn: Connection) -> None:
        if conn not in self._held:
            self._hold(conn, HEAD_SECONDS, self._arrives, self._too_slow)
        if conn.arrival.head_is_whole and not conn.awaits_body:
            conn.awaits_body = True
            conn.held_until = time.monotonic() + BODY_SECONDS
        if conn.arrival.wants_to_continue and not conn.reported_to_continue:
            conn.reported_to_continue = True
            with contextlib.suppress(OSError):  # who doesn't listen may find out by the time
                conn.sock.send(_CONTINUE)

    def _too_slow(self, conn: Connection) -> None:
        if conn.arrival.data:
            self._refuse(conn, RequestTimeout())
        else:
            self._drop(conn)

    def _refuse(self, conn: Connection, error: BaseException) -> None:
        self._release(conn)
        self.handle_error(None, conn.sock, conn.client, error)
        self.nr_conns -= 1
        self.let_leave(conn)

    def _leaves(self, conn: Connection, _: Any = None) -> None:
        """Throw away what still comes, until the caller hangs up."""
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
    """Return what has come, nothing at the end, or None if there is nothing yet."""
    try:
        return sock.recv(_PIECE_BYTES)
    except BlockingIOError:
        return None
