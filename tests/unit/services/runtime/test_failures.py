"""The common classification of errors, and each adapter's part in it."""

import ssl

import pytest
from redis import exceptions as redis_errors

from app.services.caching import redis
from app.services.openai import client as openai
from app.services.runtime.failures import Failure, FailureKind, replace_errors


class Replacement(Exception):
    """What known errors become."""


def only_value_errors(error: Exception) -> Failure | None:
    """Classify ValueError and nothing else."""
    if not isinstance(error, ValueError):
        return None
    return Failure(kind=FailureKind.BAD_RESPONSE, detail=type(error).__name__, code="")


def test_a_known_error_is_replaced_without_its_text() -> None:
    """The original error, which can quote secrets, is not chained to the replacement."""
    with (
        pytest.raises(Replacement, match=r"^ValueError$") as caught,
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise ValueError("hunter2")
    assert caught.value.__suppress_context__


def test_any_other_error_passes_through() -> None:
    """A fault of our own is not reported as a fault of the service."""
    with (
        pytest.raises(KeyError, match="ours"),
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise KeyError("ours")


def a_tls_error() -> redis_errors.ConnectionError:
    """Make the error that the SDK raises when a certificate is not accepted."""
    error = redis_errors.ConnectionError("refused")
    error.__context__ = ssl.SSLCertVerificationError("self-signed certificate")
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis_errors.AuthenticationError(), FailureKind.CREDENTIALS_REFUSED),
        (redis_errors.NoPermissionError(), FailureKind.PERMISSION_DENIED),
        (redis_errors.TimeoutError(), FailureKind.NO_RESPONSE),
        (redis_errors.ConnectionError(), FailureKind.UNREACHABLE),
        (ConnectionRefusedError(), FailureKind.UNREACHABLE),
        (redis_errors.ReadOnlyError(), FailureKind.REJECTED),
        (redis_errors.InvalidResponse(), FailureKind.BAD_RESPONSE),
        (a_tls_error(), FailureKind.TLS),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_errors_of_redis(error: Exception, kind: FailureKind) -> None:
    """The SDK's exception classes decide, the most specific first."""
    failure = redis.classify(error)
    assert failure is not None
    assert failure.kind is kind


@pytest.mark.parametrize("classify", [redis.classify, openai.classify], ids=["redis", "openai"])
def test_an_unrelated_error_is_not_classified(classify: object) -> None:
    """A programming error is not blamed on a service."""
    assert callable(classify)
    assert classify(AssertionError()) is None
