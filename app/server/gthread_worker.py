"""A threaded gunicorn worker that dispatches only complete requests.

In gunicorn's own threaded worker, a thread waits while a client sends slowly, and the event loop
waits for clients that don't close their connection, so a few such clients can block the server.
Here the event loop never blocks. It holds every connection that waits for its client: those that
are receiving a request, with up to 64 KiB of body, those that are sending a response to a client
that reads slowly, and those that are closing. Each has a deadline. A few may receive the larger
bodies that carry a mask, and a few an upload, which goes to disk.
"""

import math
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from app.errors import Overloaded, RequestTimeout, ServiceBusy
from app.http.request_kinds import kind_of
from app.http.uploads.limits import MAX_CONCURRENT_UPLOADS, UploadLimits
from app.server.connection import Connection
from app.server.response_socket import slowest_over
from app.server.thread_pools import ThreadPools

HEAD_SECONDS = 10.0
_CLOSE_SECONDS = 2.0  # for the client to read the response and close its side
_DEADLINE_CHECK_SECONDS = 0.25
_FREE_CONNECTIONS = 50  # of `worker_connections`
_MAX_UNSENT_BYTES = 64 * 1024 * 1024  # of all responses to slow readers
_STOP_SEND_SECONDS = 30.0
_MAX_LARGE_BODIES = MAX_CONCURRENT_UPLOADS  # with a mask, and as many uploads, at the same time


class Worker(ThreadWorker):  # type: ignore[misc] # reason: gunicorn has no types
    """Threaded worker that receives requests in its event loop.

    Public methods override gunicorn's, except `close_gracefully`.
    """

    uploads: UploadLimits | None = None  # until the application is loaded

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The connections in the event loop, each with the function called at its deadline.
        self._held: dict[Connection, Callable[[Connection], None]] = {}
        self._next_deadline_check = 0.0
        self._send_until = math.inf  # monotonic time at which a stop ends slow responses

    def accept(self, listener: socket.socket) -> None:
        """Accept all waiting connections and start to receive their requests.

        With one in each iteration of the loop, the last of a burst waits for an iteration of each.
        """
        while self.nr_conns < self.worker_connections:
            try:
                sock, client = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self.nr_conns += 1
            self.enqueue_req(Connection(self, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Receive a request, and pass it to a thread once it is complete."""
        conn.start_request()
        self._receive(conn)  # usually the whole request has arrived

    def get_thread_pool(self) -> ThreadPools:
        """Create the threads; the setting `threads` is the number of those for generations."""
        return ThreadPools(self.cfg.threads)

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Go on with the connection, once the client has read the response."""
        if fs.cancelled():
            self._reject(conn, Overloaded("no thread became free in time"))
        elif conn.sock.has_unsent:
            self._hold_slow_reader(conn, fs)
        else:
            super().finish_request(conn, fs)

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
        req._expected_100_continue = req._expected_100_continue and not conn.continue_sent
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Close connections past their deadline.

        The event loop calls this in every iteration.
        """
        self._make_room()
        self.tpool.cancel_overdue()
        now = time.monotonic()
        if now < self._next_deadline_check:
            return
        self._next_deadline_check = now + _DEADLINE_CHECK_SECONDS
        for conn in [conn for conn in self._held if conn.deadline <= now]:
            self._held[conn](conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """During shutdown, limit the deadlines of idle connections and slow readers."""
        super()._cap_keepalive(deadline)
        self._send_until = time.monotonic() + _STOP_SEND_SECONDS
        for conn in self._held:
            latest = self._send_until if conn.buffer.data else deadline
            conn.deadline = min(conn.deadline, latest)

    def _hold(
        self,
        conn: Connection,
        seconds: float,
        on_ready: Callable[[Connection, Any], None],
        on_deadline: Callable[[Connection], None],
        *,
        event: int = EVENT_READ,
    ) -> None:
        conn.deadline = time.monotonic() + seconds
        if not self.alive and not conn.buffer.data:
            conn.deadline = min(conn.deadline, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.poller.register(conn.sock, event, partial(on_ready, conn))
        self._held[conn] = on_deadline

    def _release(self, conn: Connection) -> None:
        if self._held.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _receive(self, conn: Connection, _: Any = None) -> None:
        """Read received data; then dispatch, reject or wait for more."""
        try:
            data = conn.sock.receive()
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
            kind = kind_of(*conn.buffer.request_line)
            conn.finish_receiving()
            future = self.tpool.submit(kind, self.handle, conn)
            future.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))
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
            if conn.receives_file and self._receives_too_many_like(conn):
                self._reject(conn, ServiceBusy("too many large bodies are being received"))
                return
            conn.start_body()
        if conn.receives_body:
            conn.deadline = min(conn.body_deadline, self._send_until)
            conn.send_continue()

    def _receives_too_many_like(self, conn: Connection) -> bool:
        receiving = [one for one, action in self._held.items() if action == self._time_out]
        limits = [one.buffer.max_body_bytes for one in receiving]
        return limits.count(conn.buffer.max_body_bytes) > _MAX_LARGE_BODIES

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

    def _hold_slow_reader(self, conn: Connection, fs: "Future[bool]") -> None:
        conn.sock.setblocking(False)
        seconds = conn.sock.seconds_left()
        self._hold(conn, seconds, partial(self._send_more, fs), self._check_rate, event=EVENT_WRITE)
        slow = {one.sock: one for one, action in self._held.items() if action == self._check_rate}
        for sock in slowest_over(_MAX_UNSENT_BYTES, slow):
            self._abort(slow[sock])

    def _send_more(self, fs: "Future[bool]", conn: Connection, _: Any) -> None:
        try:
            complete = conn.sock.send_more()
        except OSError:  # reset
            self._drop(conn)
            return
        if complete:
            self._release(conn)
            super().finish_request(conn, fs)

    def _check_rate(self, conn: Connection) -> None:
        now = time.monotonic()
        conn.deadline = min(now + conn.sock.seconds_left(), self._send_until)
        if conn.deadline <= now:
            self._abort(conn)

    def _abort(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.abort()

    def _make_room(self) -> None:
        """Close the oldest waiting connections, so that the worker always accepts new ones."""
        excess = max(0, self.nr_conns + _FREE_CONNECTIONS - self.worker_connections)
        for conn in [*self.keepalived_conns, *self._held][:excess]:
            if conn not in self._held:
                self.keepalived_conns.remove(conn)
                self.poller.unregister(conn.sock)
            self._abort(conn)

    def _discard_input(self, conn: Connection, _: Any = None) -> None:
        """Discard further input until the client closes the connection."""
        try:
            if conn.sock.receive() == b"":
                self._drop(conn)
        except OSError:
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.close()
