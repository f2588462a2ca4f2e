"""Classify the errors of external services, for adapters and `doctor`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """What went wrong in a call to an external service or a database file."""

    UNREACHABLE = "unreachable"  # no connection was made, so nothing was sent
    NO_RESPONSE = "no_response"  # sent, but no complete response arrived in time
    TLS = "tls"  # the server's certificate or protocol version is not accepted
    BAD_RESPONSE = "bad_response"  # a response that can't be read
    SERVER_ERROR = "server_error"  # the service reports a fault of its own
    CONFIGURATION = "configuration"  # an address, region or option that can't be used
    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_REFUSED = "credentials_refused"
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"  # the bucket, or the model
    OBJECT_NOT_FOUND = "object_not_found"
    WRONG_REGION = "wrong_region"
    WRONG_ADDRESSING = "wrong_addressing"  # the bucket belongs into the host name
    UNSUPPORTED = "unsupported"  # the service does not know a part of the request
    TOO_LARGE = "too_large"
    CLOCK_SKEW = "clock_skew"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    CONTENT_REJECTED = "content_rejected"  # by the provider's content policy
    REJECTED = "rejected"  # refused for any other reason
    LOCKED = "locked"  # another process holds the file
    DAMAGED = "damaged"
    DISK_FULL = "disk_full"
    INTERRUPTED = "interrupted"  # stopped by the service after a timeout


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A classified error.

    Neither text contains an address, a key or the service's own message.
    """

    kind: FailureKind
    detail: str
    """For the log: the SDK's exception class, or the error code that the service returned."""
    code: str
    """For operators: the exception class, or a number such as `status 403` or `code 13`."""
    retry_after: int | None = None
    """Seconds to wait before a retry, as the service requests."""


Classifier = Callable[[Exception], Failure | None]
"""Classifies the errors of one SDK; None for any other exception."""


@contextmanager
def replace_errors(
    classify: Classifier, replacement: Callable[[Failure], Exception]
) -> Iterator[None]:
    """Replace each error that `classify` recognizes; others pass through."""
    try:
        yield
    except Exception as error:  # reason: others than the SDK's are raised again
        failure = classify(error)
        if failure is None:
            raise
        raise replacement(failure) from None


def kind_by_class(
    error: Exception, kinds: Iterable[tuple[type[Exception], FailureKind]], default: FailureKind
) -> FailureKind:
    """Return the kind of the first class that the error is an instance of."""
    return next((kind for known, kind in kinds if isinstance(error, known)), default)
