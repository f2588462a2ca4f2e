"""Find out whether a request has left this machine.

A request of which no byte was sent was not charged, whatever went wrong: a key that can't be put
into a header, a proxy that can't be used, a name that can't be resolved, a missing module.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from app.errors import AppError
from app.ports import paid_calls

if TYPE_CHECKING:
    import httpx2


_STARTED = ("send_request_headers.started", "send_request_body.started")


class SentRequest:
    """Whether the first byte of the current request may have left.

    Its `trace` is httpcore's extension of that name, which is called before and after each step of
    a connection. A proxy's CONNECT is no part of the request.

    Args:
        quoted: texts of the request that the server may repeat in an error.
    """

    def __init__(self, quoted: Sequence[str] = ()) -> None:
        self.quoted = quoted
        self.sent = False
        self.stopped: AppError | None = None  # why it may not be sent

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the beginning of a request, and its failure before anything was written."""
        if event.endswith(_STARTED) and info["request"].method != b"CONNECT":
            self._check_call(begins=event.endswith(_STARTED[0]))
            self.sent = True
        elif event.endswith("send_request_headers.failed"):
            self.sent &= _is_network_error(info["exception"])

    def _check_call(self, *, begins: bool) -> None:
        """Abort the request if it is a paid call that may not be sent any more."""
        call = paid_calls.current()
        if call is None:
            return
        try:
            call.begin() if begins else call.check()
        except AppError as error:
            self.stopped = error  # the SDK raises another error instead
            raise


_current: ContextVar[SentRequest | None] = ContextVar("sent_request", default=None)


@contextmanager
def track_sending(quoted: Sequence[str] = ()) -> Iterator[SentRequest]:
    """Track the last request of a block; those before it were refused, and so are free."""
    tracked = SentRequest(quoted)
    token = _current.set(tracked)
    try:
        yield tracked
    finally:
        _current.reset(token)


def trace_request(request: "httpx2.Request") -> None:
    """Attach the tracker of the current block to a request; an event hook of the client."""
    tracked = _current.get()
    if tracked is not None:
        tracked.sent = False
        request.extensions |= {"trace": tracked.trace, "quoted": tracked.quoted}


def _is_network_error(error: BaseException) -> bool:
    """Return whether the error occurred while bytes were written."""
    import httpcore2

    return isinstance(error, httpcore2.NetworkError | httpcore2.TimeoutException | OSError)
