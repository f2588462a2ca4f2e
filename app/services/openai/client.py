"""Clients of the OpenAI SDK, and the translation of its errors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING

from app.errors import (
    AppError,
    Charged,
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from app.services.runtime.failures import Failure, FailureKind, replace_errors
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError, OpenAI

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_MAX_RETRY_AFTER_SECONDS = 3600
_NO_API_KEY = "none"  # the SDK requires one, which servers without keys ignore

# Only its code identifies a 400: a rejected prompt and an invalid parameter have the same type.
REJECTION_CODES = {"moderation_blocked", "content_policy_violation", "invalid_prompt"}
_QUOTA_CODES = {
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "insufficient_quota",
    "organization_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "project_spend_limit_exceeded",
}
_STATUS_KINDS = {
    401: FailureKind.CREDENTIALS_REFUSED,
    403: FailureKind.PERMISSION_DENIED,
    404: FailureKind.NOT_FOUND,
    429: FailureKind.RATE_LIMITED,
}
_APP_ERRORS: Mapping[FailureKind, type[AppError]] = {
    FailureKind.CONTENT_REJECTED: PromptRejected,
    FailureKind.QUOTA_EXCEEDED: ProviderQuota,
    FailureKind.UNREACHABLE: ProviderUnreachable,
}
# A request that failed like this may have been processed, and charged for.
_APP_ERRORS_IF_SENT: Mapping[FailureKind, Callable[..., AppError]] = {
    FailureKind.NO_RESPONSE: ProviderTimeout,
    FailureKind.SERVER_ERROR: ProviderError,
    FailureKind.BAD_RESPONSE: ProviderBadResponse,
}


def lazy_client(
    *,
    api_key: str | None,
    base_url: str | None,
    organization: str | None = None,
    project: str | None = None,
) -> "LazyClient[OpenAI]":
    """Return a client of OpenAI or a compatible server, created lazily.

    The threads of a process share it.

    Args:
        api_key: the key; None for a server without keys.
        base_url: the server's base URL; None for OpenAI.
        organization: the id of OpenAI's organization, if the key belongs to several.
        project: the id of the organization's project.
    """

    def make() -> "OpenAI":
        from openai import OpenAI

        from app.services.openai.http_client import client_options

        client = OpenAI(
            api_key=api_key or _NO_API_KEY,
            base_url=base_url or DEFAULT_BASE_URL,
            **client_options(),
        )
        # Instead of arguments, so that the SDK doesn't read the environment for those not set.
        client.organization, client.project = organization, project
        return client

    return LazyClient(make)


def lazy_azure_client(*, api_key: str, endpoint: str, api_version: str) -> "LazyClient[OpenAI]":
    """Return a client of Azure OpenAI, created lazily.

    Azure calls models by the names of their deployments.
    """

    def make() -> "OpenAI":
        from openai import AzureOpenAI

        from app.services.openai.http_client import client_options

        return AzureOpenAI(
            api_key=api_key, azure_endpoint=endpoint, api_version=api_version, **client_options()
        )

    return LazyClient(make)


@contextmanager
def translate_errors(*, if_sent: Charged | None) -> Iterator[None]:
    """Translate each error of the SDK into an AppError.

    The provider's message is dropped, because it can quote keys and prompts. The log gets the
    status, code and request id.

    Args:
        if_sent: whether a request that was sent and then failed is charged for.
    """
    with replace_errors(classify, lambda failure: _app_error(failure, if_sent)):
        yield


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    import httpx2
    from openai import APIConnectionError, APIStatusError, OpenAIError

    if isinstance(error, APIStatusError):
        return _status_failure(error)
    if isinstance(error, APIConnectionError):
        return _connection_failure(error)
    name = type(error).__name__
    if isinstance(error, httpx2.HTTPError):  # while reading the body
        return Failure(kind=FailureKind.NO_RESPONSE, detail=name, code=name)
    if isinstance(error, OpenAIError | JSONDecodeError):
        return Failure(kind=FailureKind.BAD_RESPONSE, detail=name, code=name)
    if (
        isinstance(error, UnicodeEncodeError) and error.encoding == "ascii"
    ):  # the API key, in a header
        return Failure(kind=FailureKind.CONFIGURATION, detail=name, code=name)
    return None


def error_for_code(code: object, kind: object, detail: str) -> AppError | None:
    """Return the AppError for the `code` and `type` of an API error.

    None unless they identify a rejected prompt or an exhausted quota.
    """
    failure = _kind_for_code(code, kind)
    return None if failure is None else _APP_ERRORS[failure](detail)


def _kind_for_code(code: object, kind: object) -> FailureKind | None:
    if code in REJECTION_CODES:
        return FailureKind.CONTENT_REJECTED
    if code in _QUOTA_CODES or kind == "insufficient_quota":
        return FailureKind.QUOTA_EXCEEDED
    return None


def _connection_failure(error: "APIConnectionError") -> Failure:
    import httpx2

    cause = error.__cause__
    sent = not isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    name = type(cause).__name__
    kind = FailureKind.NO_RESPONSE if sent else FailureKind.UNREACHABLE
    return Failure(kind=kind, detail=name, code=name)


def _status_failure(error: "APIStatusError") -> Failure:
    status = error.status_code
    return Failure(
        kind=_kind_for_code(error.code, error.type) or _status_kind(status),
        detail=f"status {status}, code {error.code}, request {error.request_id}",
        code=f"status {status}",
        retry_after=_retry_after(error),
    )


def _status_kind(status: int) -> FailureKind:
    if status in {408, 409} or status >= 500:
        return FailureKind.SERVER_ERROR
    return _STATUS_KINDS.get(status, FailureKind.REJECTED)


def _app_error(failure: Failure, if_sent: Charged | None) -> AppError:
    detail = failure.detail
    if failure.kind in _APP_ERRORS:
        return _APP_ERRORS[failure.kind](detail)
    if failure.kind in _APP_ERRORS_IF_SENT:
        return _APP_ERRORS_IF_SENT[failure.kind](detail, charged=if_sent)
    if failure.kind is FailureKind.RATE_LIMITED:
        return ProviderRateLimited(detail, retry_after=failure.retry_after)
    return ProviderMisconfigured(detail)


def _retry_after(error: "APIStatusError") -> int | None:
    """Return the Retry-After header in seconds, capped.

    None means that it is missing or not a number.
    """
    value = error.response.headers.get("retry-after", "")
    return (
        min(int(value), _MAX_RETRY_AFTER_SECONDS) if value.isascii() and value.isdigit() else None
    )
