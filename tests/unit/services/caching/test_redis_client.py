"""The classification of the Redis SDK's errors."""

import ssl

from redis import exceptions

from app.services.caching.redis_client import classify
from app.services.runtime.failures import FailureKind
from tests.support.tables import each_row


def a_tls_error() -> exceptions.ConnectionError:
    """Make the error that the SDK raises when a certificate is not accepted."""
    error = exceptions.ConnectionError("refused")
    error.__context__ = ssl.SSLCertVerificationError("self-signed certificate")
    return error


@each_row(
    "error, kind",
    [
        (exceptions.AuthenticationError(), FailureKind.CREDENTIALS_REFUSED),
        (exceptions.NoPermissionError(), FailureKind.PERMISSION_DENIED),
        (exceptions.TimeoutError(), FailureKind.NO_RESPONSE),
        (exceptions.ConnectionError(), FailureKind.UNREACHABLE),
        (ConnectionRefusedError(), FailureKind.UNREACHABLE),
        (exceptions.ReadOnlyError(), FailureKind.REJECTED),
        (exceptions.InvalidResponse(), FailureKind.BAD_RESPONSE),
        (a_tls_error(), FailureKind.TLS),
    ],
)
def test_errors_are_classified_by_their_class(error: Exception, kind: FailureKind) -> None:
    """The most specific class decides; its name is all that is kept."""
    failure = classify(error)
    assert failure is not None
    assert (failure.kind, failure.code) == (kind, type(error).__name__)


def test_an_unrelated_error_is_not_classified() -> None:
    """A programming error is not blamed on Redis."""
    assert classify(AssertionError()) is None
