"""The OpenAI client, and the one place where its errors become ours."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

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
TEXT_TIMEOUT_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_MAX_WAIT_SECONDS = 3600

# A 400 is told by its code only: the type is the same for a refused prompt and a wrong setting.
REFUSALS = {"moderation_blocked", "content_policy_violation", "invalid_prompt"}
_OUT_OF_MONEY = {
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


def lazy_client(*, api_key: str, base_url: str | None) -> "LazyClient[OpenAI]":
    """Return the client for all calls: made at first use, shared by the process's threads."""

    def make() -> "OpenAI":
        from openai import OpenAI

        return OpenAI(api_key=api_key, base_url=base_url or DEFAULT_BASE_URL, **_habits())

    return LazyClient(make)


def lazy_azure_client(*, api_key: str, endpoint: str, api_version: str) -> "LazyClient[OpenAI]":
    """Return the like for Azure OpenAI, where models are deployments, with names of their own."""

    def make() -> "OpenAI":
        from openai import AzureOpenAI

        return AzureOpenAI(
            api_key=api_key, azure_endpoint=endpoint, api_version=api_version, **_habits()
        )

    return LazyClient(make)


def _habits() -> dict[str, Any]:
    """Return what holds for all clients.

    They never retry by themselves: the SDK's own two retries can buy the same image three times.
    """
    from openai import DefaultHttpxClient, Timeout

    from app.services.openai.error_body_limit import shortened

    return {
        "max_retries": 0,
        # By itself it would follow redirects to any host, prompt and all.
        "http_client": DefaultHttpxClient(
            follow_redirects=False, event_hooks={"response": [shortened]}
        ),
        "timeout": Timeout(TEXT_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS),
    }


@contextmanager
def translate_errors(*, if_sent: Charged | None) -> Iterator[None]:
    """Turn every error of the SDK into one of ours.

    Upstream's text stays behind: it can echo keys and prompts. The log gets its status, its code
    and its request id.

    Args:
        if_sent: whether a request that was sent and failed is charged for, as far as one can know.
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
    if isinstance(error, httpx2.HTTPError):  # while the body was read
        return Failure(kind=FailureKind.NO_RESPONSE, detail=name, code=name)
    if isinstance(error, OpenAIError | JSONDecodeError):
        return Failure(kind=FailureKind.BAD_RESPONSE, detail=name, code=name)
    if isinstance(error, UnicodeEncodeError) and error.encoding == "ascii":  # of a header: the key
        return Failure(kind=FailureKind.CONFIGURATION, detail=name, code=name)
    return None


def refusal(code: object, kind: object, detail: str) -> AppError | None:
    """Return what this error of the API means, where its code alone tells, or None."""
    refused = _refusal_kind(code, kind)
    return None if refused is None else _APP_ERRORS[refused](detail)


def _refusal_kind(code: object, kind: object) -> FailureKind | None:
    if code in REFUSALS:
        return FailureKind.CONTENT_REJECTED
    if code in _OUT_OF_MONEY or kind == "insufficient_quota":
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
        kind=_refusal_kind(error.code, error.type) or _status_kind(status),
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
    """Return the seconds that upstream asks to wait, or None if it doesn't say."""
    value = error.response.headers.get("retry-after", "")
    return min(int(value), _MAX_WAIT_SECONDS) if value.isascii() and value.isdigit() else None
