"""A threaded gunicorn worker that dispatches only complete requests.

In gunicorn's own threaded worker, a thread waits while a client sends slowly, and the event loop
waits for clients that don't close their connection, so a few such clients can block the server.
Here the event loop never blocks. It holds every connection that waits for its client: those that
are receiving a request, with up to 64 KiB of body, those that are sending a response to a client
that reads slowly, and those that are closing. Each has a deadline. A few may receive the larger
bodies that carry a mask, and a few an upload, which goes to disk.
"""

import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_WRITE
from typing import Any

from gunicorn.http.errors import NoMoreData

from app.errors import Overloaded, RequestTimeout
from app.http.request_kinds import RequestKind, kind_of
from app.http.uploads.limits import UploadLimits
from app.server.connection import Connection
from app.server.holding_worker import HoldingWorker
from app.server.large_bodies import LargeBodies
from app.server.response_socket import receive, slowest_over
from app.server.thread_pools import ThreadPools

HEAD_SECONDS = 10.0
_MAX_UNSENT_BYTES = 64 * 1024 * 1024  # of all responses to slow readers
_TURN_SECONDS = 0.01  # to dispatch requests, before the loop looks for new ones
_HEALTH_CHECKS = (b"GET /healthz", b"HEAD /healthz")  # at least; the whole path decides later


class Worker(HoldingWorker):
    """Threaded worker that receives requests in its event loop.

    Public methods override gunicorn's, except `close_gracefully`, `receiving` and `reject`.
    """

    uploads: UploadLimits | None = None  # until the application is loaded

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._large_bodies = LargeBodies(self)
        # New connections, and complete requests that are not dispatched yet; health checks never
        # wait among them.
        self._accepted: deque[Callable[[], None]] = deque()
        self._complete: deque[Connection] = deque()

    def accept(self, listener: socket.socket) -> None:
        """Accept all waiting connections, with what they have sent, and answer health checks.

        With one in each iteration of the loop, the last of a burst waits for an iteration of each.
        No thread begins with a request meanwhile: the loop gives up Python's global lock twice for
        each connection, and would have to wait for it each time.
        """
        address = listener.getsockname()
        with self.tpool.paused():
            while self.nr_conns < self.worker_connections:
                try:
                    sock, client = listener.accept()
                except (BlockingIOError, ConnectionAbortedError):
                    return
                self.nr_conns += 1
                data = _receive_first(sock)
                begin = partial(self._begin, sock, client, address, data)
                # One that has sent nothing yet may become a health check, and is waited for now.
                if not data or data.startswith(_HEALTH_CHECKS):
                    begin()
                else:
                    self._accepted.append(begin)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Accept, receive and send; then dispatch complete requests for a limited time.

        So a burst of requests delays a health check by a turn of the loop, and not by the time that
        it takes to dispatch or reject them all.
        """
        super().wait_for_and_dispatch_events(0 if self._accepted or self._complete else timeout)
        turn_ends = time.monotonic() + _TURN_SECONDS
        while (self._accepted or self._complete) and time.monotonic() < turn_ends:
            if self._accepted:
                self._accepted.popleft()()
            if self._complete:
                self._dispatch(self._complete.popleft())

    def _begin(self, sock: socket.socket, client: Any, address: Any, data: bytes | None) -> None:
        """Start to receive the first request of a connection; `data` is what has arrived of it."""
        self._take(Connection(self, sock, client, address), data)

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
            self.reject(conn, Overloaded("no thread became free in time"))
        elif conn.sock.has_unsent:
            self._hold_slow_reader(conn, fs)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close connections past their deadline, and cancel requests that waited too long."""
        super().murder_pending()
        self.tpool.cancel_overdue()

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Run the application; don't send `100 Continue` a second time."""
        req._expected_100_continue = req._expected_100_continue and not conn.continue_sent
        return super().handle_request(req, conn)

    def _receive(self, conn: Connection, _: Any = None) -> None:
        """Read received data; then dispatch, reject or wait for more."""
        try:
            data = receive(conn.sock)
        except OSError:  # reset
            self._drop(conn)
        else:
            self._take(conn, data)

    def _take(self, conn: Connection, data: bytes | None) -> None:
        try:
            complete = conn.buffer.append(data or b"")
        except Exception as error:  # noqa: BLE001 - reason: one connection must not end the event loop
            self.reject(conn, error)
        else:
            self._proceed(conn, complete=complete, closed=data == b"")

    def _proceed(self, conn: Connection, *, complete: bool, closed: bool) -> None:
        if complete:
            self._release(conn)
            if kind_of(*conn.buffer.request_line) is RequestKind.HEALTH:
                self._dispatch(conn)
            else:
                self._complete.append(conn)
        elif closed and conn.buffer.data:
            self.reject(conn, NoMoreData())
        elif closed:
            self._drop(conn)
        else:
            self._wait_for_more(conn)

    def _dispatch(self, conn: Connection) -> None:
        """Pass a complete request to a thread, or reject it if there is none."""
        kind = kind_of(*conn.buffer.request_line)
        if self.tpool.is_full(kind):
            self._refuse(conn, Overloaded("too many requests wait for a thread"))
            return
        conn.finish_receiving()
        future = self.tpool.submit(kind, self.handle, conn)
        future.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))

    def _wait_for_more(self, conn: Connection) -> None:
        if conn not in self._held:
            self._hold(conn, HEAD_SECONDS, self._receive, self._time_out)
        if conn.buffer.head_complete and not conn.receives_body:
            if error := self._large_bodies.refusal(conn):
                self.reject(conn, error)
                return
            conn.start_body()
        if conn.receives_body:
            conn.deadline = min(conn.body_deadline, self._send_until)
            conn.send_continue()

    def receiving(self) -> list[Connection]:
        """Return the connections that are receiving a request."""
        return [conn for conn, action in self._held.items() if action == self._time_out]

    def _time_out(self, conn: Connection) -> None:
        if conn.buffer.data:
            self.reject(conn, RequestTimeout())
        else:
            self._drop(conn)

    def reject(self, conn: Connection, error: BaseException) -> None:
        """Send an error, and close the connection."""
        self._release(conn)
        self.handle_error(None, conn.sock, conn.client, error, bytes(conn.buffer.data))
        self.nr_conns -= 1
        self.close_gracefully(conn)

    def _refuse(self, conn: Connection, error: BaseException) -> None:
        """Reject a complete request; at the lowest cost if its client sends no other.

        Then nothing is unread, so the connection can be closed immediately.
        """
        if not conn.buffer.is_last:
            self.reject(conn, error)
            return
        self.handle_error(None, conn.sock, conn.client, error, bytes(conn.buffer.data))
        self._drop(conn)

    def _hold_slow_reader(self, conn: Connection, fs: "Future[bool]") -> None:
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


def _receive_first(sock: socket.socket) -> bytes | None:
    try:
        return receive(sock)
    except OSError:  # reset, which the connection will notice again
        return None
