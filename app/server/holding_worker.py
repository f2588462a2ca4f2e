"""A gunicorn worker whose event loop holds connections, each with a deadline."""

import math
import socket
import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from app.server.connection import UPLOAD_BYTES_PER_SECOND, Connection
from app.server.response_socket import receive

_CLOSE_SECONDS = 2.0  # for the client to read the response and close its side, or to send more
_MAX_DISCARDED_BYTES = 32 * 1024 * 1024  # that it may send meanwhile
_DEADLINE_CHECK_SECONDS = 0.25
_FREE_CONNECTIONS = 50  # of `worker_connections`
_STOP_SEND_SECONDS = 30.0


class HoldingWorker(ThreadWorker):  # type: ignore[misc] # reason: gunicorn has no types
    """Threaded worker that holds the connections that wait for their clients.

    Public methods override gunicorn's, except `close_gracefully`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The connections in the event loop, each with the function called at its deadline.
        self._held: dict[Connection, Callable[[Connection], None]] = {}
        self._next_deadline_check = 0.0
        self._send_until = math.inf  # monotonic time at which a stop ends slow responses

    def close_gracefully(self, conn: Connection) -> None:
        """Hold the connection after the response, until the client closes it.

        Closing a socket with unread data resets the connection, and the client would lose the
        response (RFC 9112, section 9.6).
        """
        self.nr_conns += 1
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.closing_since = time.monotonic()
            self._hold(conn, _CLOSE_SECONDS, self._discard_input, self._drop)
        except (OSError, ValueError):  # reset, or closed already
            self._drop(conn)

    def murder_pending(self) -> None:
        """Close connections past their deadline.

        The event loop calls this in every iteration.
        """
        self._make_room()
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

    def _abort(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.abort()

    def _make_room(self) -> None:
        """Close the oldest waiting connections, so that the worker always accepts new ones."""
        excess = self.nr_conns + _FREE_CONNECTIONS - self.worker_connections
        if excess <= 0:
            return
        for conn in [*self.keepalived_conns, *self._held][:excess]:
            if conn not in self._held:
                self.keepalived_conns.remove(conn)
                self.poller.unregister(conn.sock)
            self._abort(conn)

    def _discard_input(self, conn: Connection, _: Any = None) -> None:
        """Discard further input until the client closes the connection.

        Many clients read the response only after they have sent all of their request, however long
        that takes. They may go on at the lowest rate of an upload.
        """
        try:
            data = receive(conn.sock)
        except OSError:
            self._drop(conn)
            return
        conn.discarded_bytes += len(data or b"")
        if data == b"" or conn.discarded_bytes > _MAX_DISCARDED_BYTES:
            self._drop(conn)
        elif data:
            latest = conn.closing_since + conn.discarded_bytes / UPLOAD_BYTES_PER_SECOND
            conn.deadline = min(min(time.monotonic(), latest) + _CLOSE_SECONDS, self._send_until)

    def _drop(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.close()
