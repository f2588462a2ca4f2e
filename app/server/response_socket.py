"""A client's socket that keeps the part of a response that the client doesn't read yet."""

import contextlib
import errno
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.http.sse import CONTENT_TYPE

GRACE_SECONDS = 10.0
"""How long a client may read nothing."""
MIN_BYTES_PER_SECOND = 16_000
"""The lowest average rate of a client after that."""

_READ_BYTES = 64 * 1024
_EVENT_STREAM = CONTENT_TYPE.encode()
_RESET = struct.pack("ii", 1, 0)  # the kernel's linger: close with a reset


class ResponseSocket(socket.socket):
    """A socket whose `sendall` returns although the client reads slowly.

    gunicorn writes responses with `sendall`. What the kernel doesn't take is kept without copying
    it, so a client that reads slowly occupies memory and no thread: the worker's event loop sends
    the rest. Only an event stream waits in its thread, which belongs to a generation, until the
    client has read an event.

    A client may take 10 seconds, and a second more for each 16 kB that it has read. So the size of
    a response determines how long it can take.

    Args:
        accepted: the socket of an accepted connection, which can't be used afterwards.
        monotonic: returns the seconds of a monotonic clock.
    """

    def __init__(
        self, accepted: socket.socket, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._monotonic = monotonic
        self._kept: deque[memoryview] = deque()
        self._sent_bytes = 0
        self._since = 0.0  # when the client began to lag behind
        self._is_stream: bool | None = None  # None before the head of the response

    @property
    def has_unsent(self) -> bool:
        """Whether a part of the response is kept."""
        return bool(self._kept)

    @property
    def bytes_per_second(self) -> float:
        """The rate at which the client has read since it began to lag behind."""
        return self._sent_bytes / max(self._monotonic() - self._since, 1e-3)

    def setblocking(self, _blocking: bool, /) -> None:
        """Change nothing: calls that must not wait say so themselves.

        gunicorn calls this several times for each request, and each call would give up Python's
        global lock.
        """

    def begin_response(self) -> None:
        """Expect the head of the next response."""
        self._is_stream = None

    def seconds_left(self) -> float:
        """Return the time after which the client is too slow, unless it reads on."""
        allowed = GRACE_SECONDS + self._sent_bytes / MIN_BYTES_PER_SECOND
        return self._since + allowed - self._monotonic()

    def kept_objects(self) -> Iterator[Any]:
        """Yield the objects whose memory the unsent part occupies."""
        return (view.obj for view in self._kept)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send what the client takes, and keep the rest.

        Raises:
            ConnectionResetError: the client reads an event stream too slowly.
            OSError: the connection is broken.
        """
        if self._is_stream is None:
            self._is_stream = _EVENT_STREAM in bytes(data)
        view = memoryview(data)
        if not self._kept:
            view = view[self._try_to_send(view, flags) :]
            self._since, self._sent_bytes = self._monotonic(), 0
        if view:
            self._kept.append(view)
        if self._is_stream:
            self._wait_until_sent()

    def send_more(self) -> bool:
        """Send what the client takes now; return whether all is sent.

        Raises:
            OSError: the connection is broken.
        """
        while self._kept:
            sent = self._try_to_send(self._kept[0])
            self._sent_bytes += sent
            if sent < len(self._kept[0]):
                self._kept[0] = self._kept[0][sent:]
                return False
            self._kept.popleft()
        return True

    def abort(self) -> None:
        """Close the connection with a reset, so that the kernel keeps nothing of it either."""
        self._kept.clear()
        with contextlib.suppress(OSError):  # closed already
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def _wait_until_sent(self) -> None:
        poll = select.poll()
        while not self.send_more():
            poll.register(self, select.POLLOUT)
            seconds = self.seconds_left()
            if seconds <= 0:
                raise ConnectionResetError(errno.ECONNRESET, "the client reads too slowly")
            poll.poll(1000 * seconds)

    def _try_to_send(self, view: memoryview, flags: int = 0) -> int:
        try:
            return self.send(view, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0


def receive(sock: socket.socket) -> bytes | None:
    """Return received bytes, without waiting; b"" at the end; None if there are none yet."""
    try:
        return sock.recv(_READ_BYTES, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None


def slowest_over(max_bytes: int, sockets: Iterable[ResponseSocket]) -> list[ResponseSocket]:
    """Return the sockets to close so that the others keep at most `max_bytes`.

    The slowest ones are closed first. An object that several sockets keep counts once.
    """
    counted: set[int] = set()
    total, excess = 0, []
    for sock in sorted(sockets, key=lambda sock: sock.bytes_per_second, reverse=True):
        new = {id(one): len(one) for one in sock.kept_objects() if id(one) not in counted}
        if total + sum(new.values()) > max_bytes:
            excess.append(sock)
        else:
            counted |= new.keys()
            total += sum(new.values())
    return excess
