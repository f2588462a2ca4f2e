"""The classification of the MongoDB SDK's errors."""

import pytest
from pymongo import errors

from app.services.mongodb.client import classify, make_client
from app.services.runtime.failures import FailureKind
from tests.support.tables import each_row


@each_row(
    "error, kind, code",
    [
        (errors.OperationFailure("-", 13), FailureKind.PERMISSION_DENIED, "code 13"),
        (errors.OperationFailure("-", 18), FailureKind.CREDENTIALS_REFUSED, "code 18"),
        (errors.OperationFailure("-", 1), FailureKind.REJECTED, "code 1"),
        (errors.ExecutionTimeout("-", 50), FailureKind.NO_RESPONSE, "code 50"),
        (errors.NetworkTimeout("-"), FailureKind.NO_RESPONSE, "NetworkTimeout"),
        (errors.AutoReconnect("-"), FailureKind.UNREACHABLE, "AutoReconnect"),
        (errors.ConfigurationError("-"), FailureKind.CONFIGURATION, "ConfigurationError"),
        (errors.InvalidOperation("-"), FailureKind.REJECTED, "InvalidOperation"),
    ],
)
def test_errors_are_classified(error: Exception, kind: FailureKind, code: str) -> None:
    """The server's error code decides, else the SDK's exception class."""
    failure = classify(error)
    assert failure is not None
    assert (failure.kind, failure.code) == (kind, code)


@pytest.mark.parametrize("uri", ["mongodb://user:hunter2@x:port/", "mongodb://", "http://x"])
def test_an_invalid_uri_is_a_configuration_error(uri: str) -> None:
    """The client's other exceptions for an invalid URI are replaced, without quoting it."""
    with pytest.raises(errors.ConfigurationError) as caught:
        make_client(uri)
    failure = classify(caught.value)
    assert failure is not None
    assert failure.kind is FailureKind.CONFIGURATION
    assert "hunter2" not in f"{failure.detail} {failure.code}"


def test_an_unrelated_error_is_not_classified() -> None:
    """A programming error is not blamed on MongoDB."""
    assert classify(AssertionError()) is None
