"""The OpenAI client, and the one place where its errors become ours."""

from collections.abc import Iterator
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
    import httpx2
    from openai import APIConnectionError, APIStatusError, OpenAIError

    try:
        yield
    except APIConnectionError as error:
        raise _connection_error(error, if_sent) from None
    except APIStatusError as error:
        raise _status_error(error, if_sent) from None
    except httpx2.HTTPError as error:  # while the body was read
        raise ProviderTimeout(type(error).__name__, charged=if_sent) from None
    except (OpenAIError, JSONDecodeError) as error:
        raise ProviderBadResponse(type(error).__name__, charged=if_sent) from None


def refusal(code: object, kind: object, detail: str) -> AppError | None:
    """Return what this error of the API means, where its code alone tells, or None."""
    if code in REFUSALS:
        return PromptRejected(detail)
    if code in _OUT_OF_MONEY or kind == "insufficient_quota":
        return ProviderQuota(detail)
    return None


def _connection_error(error: "APIConnectionError", if_sent: Charged | None) -> AppError:
    import httpx2

    cause = error.__cause__
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return ProviderUnreachable(type(cause).__name__)
    return ProviderTimeout(type(cause).__name__, charged=if_sent)


def _status_error(error: "APIStatusError", if_sent: Charged | None) -> AppError:
    detail = f"status {error.status_code}, code {error.code}, request {error.request_id}"
    if reported := refusal(error.code, error.type, detail):
        return reported
    if error.status_code == 429:
        return ProviderRateLimited(detail, retry_after=_retry_after(error))
    if error.status_code in {408, 409} or error.status_code >= 500:
        return ProviderError(detail, charged=if_sent)
    return ProviderMisconfigured(detail)


def _retry_after(error: "APIStatusError") -> int | None:
    """Return the seconds that upstream asks to wait, or None if it doesn't say."""
    value = error.response.headers.get("retry-after", "")
    return min(int(value), _MAX_WAIT_SECONDS) if value.isascii() and value.isdigit() else None
