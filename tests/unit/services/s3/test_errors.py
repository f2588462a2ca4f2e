"""The classification of the S3 SDK's errors, and what the port makes of it."""

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from app.errors import ImageNotFound, StorageUnavailable
from app.services.runtime.failures import FailureKind
from app.services.s3.errors import classify, translate_errors
from tests.support.tables import each_row

URL = "https://secret-host.example"


def refusal(status: int, code: str) -> exceptions.ClientError:
    """Make the SDK's error for an error response."""
    response = {
        "Error": {"Code": code, "Message": "secret"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return exceptions.ClientError(response, "GetObject")


@each_row(
    "status, code, kind",
    [
        (404, "NoSuchKey", FailureKind.OBJECT_NOT_FOUND),
        (404, "NoSuchBucket", FailureKind.NOT_FOUND),
        (404, "404", FailureKind.NOT_FOUND),
        (403, "AccessDenied", FailureKind.PERMISSION_DENIED),
        (403, "403", FailureKind.PERMISSION_DENIED),
        (403, "SignatureDoesNotMatch", FailureKind.CREDENTIALS_REFUSED),
        (400, "ExpiredToken", FailureKind.CREDENTIALS_REFUSED),
        (400, "AuthorizationHeaderMalformed", FailureKind.WRONG_REGION),
        (301, "PermanentRedirect", FailureKind.WRONG_REGION),
        (400, "400", FailureKind.WRONG_REGION),
        (503, "SlowDown", FailureKind.RATE_LIMITED),
        (500, "InternalError", FailureKind.SERVER_ERROR),
        (507, "507", FailureKind.QUOTA_EXCEEDED),
        (403, "QuotaExceeded", FailureKind.QUOTA_EXCEEDED),
        (405, "MethodNotAllowed", FailureKind.UNSUPPORTED),
        (501, "NotImplemented", FailureKind.UNSUPPORTED),
        (400, "InvalidArgument", FailureKind.UNSUPPORTED),
        (400, "XAmzContentSHA256Mismatch", FailureKind.UNSUPPORTED),
        (411, "411", FailureKind.UNSUPPORTED),
        (413, "413", FailureKind.TOO_LARGE),
        (400, "EntityTooLarge", FailureKind.TOO_LARGE),
        (403, "PathStyleDomainForbidden", FailureKind.WRONG_ADDRESSING),
        (403, "RequestTimeTooSkewed", FailureKind.CLOCK_SKEW),
        (409, "OperationAborted", FailureKind.REJECTED),
    ],
)
def test_error_responses(status: int, code: str, kind: FailureKind) -> None:
    """The error code decides; the status alone does where a response has no body."""
    failure = classify(refusal(status, code))
    assert failure is not None
    assert (failure.kind, failure.code) == (kind, f"status {status}")
    assert "secret" not in failure.detail


@each_row(
    "error, kind",
    [
        (exceptions.SSLError(endpoint_url=URL, error="-"), FailureKind.TLS),
        (exceptions.ConnectTimeoutError(endpoint_url=URL), FailureKind.UNREACHABLE),
        (exceptions.EndpointConnectionError(endpoint_url=URL), FailureKind.UNREACHABLE),
        (ConnectionResetError(), FailureKind.UNREACHABLE),
        (exceptions.ReadTimeoutError(endpoint_url=URL), FailureKind.NO_RESPONSE),
        (exceptions.ConnectionClosedError(endpoint_url=URL), FailureKind.NO_RESPONSE),
        (ProtocolError("connection broken"), FailureKind.NO_RESPONSE),
        (exceptions.NoCredentialsError(), FailureKind.CREDENTIALS_MISSING),
        (exceptions.FlexibleChecksumError(error_msg="-"), FailureKind.BAD_RESPONSE),
        (ResponseParserError(URL), FailureKind.BAD_RESPONSE),
        (KeyError("header"), FailureKind.BAD_RESPONSE),
        (exceptions.ProfileNotFound(profile="-"), FailureKind.CONFIGURATION),
    ],
)
def test_errors_without_a_response(error: Exception, kind: FailureKind) -> None:
    """The SDK's exception classes decide, and no text of theirs is kept."""
    failure = classify(error)
    assert failure is not None
    assert failure.kind is kind
    assert URL not in f"{failure.detail} {failure.code}"


def test_only_no_such_key_is_not_found() -> None:
    """A missing bucket is an outage, as is any other error."""
    with pytest.raises(ImageNotFound), translate_errors():
        raise refusal(404, "NoSuchKey")
    with pytest.raises(StorageUnavailable, match="NoSuchBucket"), translate_errors():
        raise refusal(404, "NoSuchBucket")


def test_an_unrelated_error_is_not_classified() -> None:
    """A programming error is not blamed on S3."""
    assert classify(AssertionError()) is None
