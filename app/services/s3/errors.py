"""Classify the S3 SDK's errors, and translate them for the port."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from app.errors import AppError, ImageNotFound, StorageUnavailable
from app.services.runtime.failures import Failure, FailureKind, kind_by_class, replace_errors

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_KINDS_BY_CODE = {
    "NoSuchKey": FailureKind.OBJECT_NOT_FOUND,
    "NoSuchBucket": FailureKind.NOT_FOUND,
    "AccessDenied": FailureKind.PERMISSION_DENIED,
    "AllAccessDisabled": FailureKind.PERMISSION_DENIED,
    "ExpiredToken": FailureKind.CREDENTIALS_REFUSED,
    "InvalidAccessKeyId": FailureKind.CREDENTIALS_REFUSED,
    "InvalidToken": FailureKind.CREDENTIALS_REFUSED,
    "SignatureDoesNotMatch": FailureKind.CREDENTIALS_REFUSED,
    "AuthorizationHeaderMalformed": FailureKind.WRONG_REGION,
    "IllegalLocationConstraintException": FailureKind.WRONG_REGION,
    "PermanentRedirect": FailureKind.WRONG_REGION,
    "SlowDown": FailureKind.RATE_LIMITED,
    "PathStyleDomainForbidden": FailureKind.WRONG_ADDRESSING,  # Tencent COS
    "SecondLevelDomainForbidden": FailureKind.WRONG_ADDRESSING,  # Alibaba OSS
    "InvalidPathAccess": FailureKind.WRONG_ADDRESSING,  # Volcengine TOS
    "VirtualHostDomainRequired": FailureKind.WRONG_ADDRESSING,  # Huawei OBS
    "NotImplemented": FailureKind.UNSUPPORTED,
    "InvalidArgument": FailureKind.UNSUPPORTED,
    "XAmzContentSHA256Mismatch": FailureKind.UNSUPPORTED,
    "MissingContentLength": FailureKind.UNSUPPORTED,
    "MethodNotAllowed": FailureKind.UNSUPPORTED,
    "EntityTooLarge": FailureKind.TOO_LARGE,
    "QuotaExceeded": FailureKind.QUOTA_EXCEEDED,
    "InsufficientStorage": FailureKind.QUOTA_EXCEEDED,
    "RequestTimeTooSkewed": FailureKind.CLOCK_SKEW,
    # A response to HEAD has no body, so the SDK gives its status as the code. For a bucket in
    # another region, Amazon S3 returns 301 or 400.
    "301": FailureKind.WRONG_REGION,
    "400": FailureKind.WRONG_REGION,
    "403": FailureKind.PERMISSION_DENIED,
    "404": FailureKind.NOT_FOUND,
    # The SDK also gives the status of a response whose body is not S3's, as a proxy sends it.
    "405": FailureKind.UNSUPPORTED,
    "411": FailureKind.UNSUPPORTED,
    "413": FailureKind.TOO_LARGE,
    "501": FailureKind.UNSUPPORTED,
    "507": FailureKind.QUOTA_EXCEEDED,
}
_NOT_IMPLEMENTED = 501
_NOT_FOUND = 404


def translate_errors() -> AbstractContextManager[None]:
    """Replace errors of the SDK with ImageNotFound or StorageUnavailable.

    Only the error code NoSuchKey means that an object is not found.
    """
    return replace_errors(classify, _app_error)


def is_missing(error: "ClientError") -> bool:
    """Return whether there is no such object; responses to HEAD have no code."""
    return _status(error) == _NOT_FOUND


def is_refusal(error: "ClientError") -> bool:
    """Return whether the store refuses the request, rather than failing at it."""
    status = _status(error)
    return status < 500 or status == _NOT_IMPLEMENTED


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    if isinstance(error, ClientError):
        return _refusal(error)
    name = type(error).__name__
    if isinstance(error, BotoCoreError | HTTPError | OSError):
        return Failure(kind=_kind(error), detail=name, code=name)
    # ValueError and KeyError: a response that ends within its headers.
    if isinstance(error, ResponseParserError | ValueError | KeyError):
        return Failure(kind=FailureKind.BAD_RESPONSE, detail="unreadable response", code=name)
    return None


def _refusal(error: "ClientError") -> Failure:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = _status(error)
    other = FailureKind.SERVER_ERROR if status >= 500 else FailureKind.REJECTED
    return Failure(
        kind=_KINDS_BY_CODE.get(code, other),
        detail=f"status {status}, code {code or 'missing'}",
        code=f"status {status}",
    )


def _status(error: "ClientError") -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def _kind(error: Exception) -> FailureKind:
    from botocore import exceptions
    from urllib3.exceptions import HTTPError

    kinds = (
        (exceptions.SSLError, FailureKind.TLS),
        (exceptions.ConnectionError, FailureKind.UNREACHABLE),
        (exceptions.HTTPClientError, FailureKind.NO_RESPONSE),
        (exceptions.ResponseStreamingError, FailureKind.NO_RESPONSE),
        (exceptions.IncompleteReadError, FailureKind.NO_RESPONSE),
        (exceptions.ChecksumError, FailureKind.BAD_RESPONSE),
        (exceptions.FlexibleChecksumError, FailureKind.BAD_RESPONSE),
        (exceptions.NoCredentialsError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.PartialCredentialsError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.CredentialRetrievalError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.MetadataRetrievalError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.TokenRetrievalError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.SSOError, FailureKind.CREDENTIALS_MISSING),
        (exceptions.LoginError, FailureKind.CREDENTIALS_MISSING),
        # The SDK's other errors: regions, profiles and names that it can't use.
        (exceptions.BotoCoreError, FailureKind.CONFIGURATION),
        (HTTPError, FailureKind.NO_RESPONSE),
    )
    return kind_by_class(error, kinds, FailureKind.UNREACHABLE)


def _app_error(failure: Failure) -> AppError:
    if failure.kind is FailureKind.OBJECT_NOT_FOUND:
        return ImageNotFound()
    return StorageUnavailable(f"S3: {failure.detail}")
