"""Clients of the OpenAI SDK, and the translation of its errors."""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from app.ports.providers import OnLimits
from app.services.openai.errors.refusals import Refusal, RefusedInBody, refusal_of
from app.services.openai.transport.sent_requests import track_sending
from app.services.runtime.failures import Failure, FailureKind
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI

_log = logging.getLogger(__name__)

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_MAX_RETRY_AFTER_SECONDS = 3600
_NO_API_KEY = "none"  # the SDK requires one, which servers without keys ignore

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
    on_limits: OnLimits | None = None,
    ca_bundle: str | None = None,
) -> "LazyClient[OpenAI]":
    """Return a client of OpenAI or a compatible server, created lazily.

    The threads of a process share it.

    Args:
        api_key: the key; None for a server without keys.
        base_url: the server's base URL; None for OpenAI.
        organization: the id of OpenAI's organization, if the key belongs to several.
        project: the id of the organization's project.
        on_limits: receives what remains of the image model's rate limits.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """

    def make() -> "OpenAI":
        from openai import OpenAI

        from app.services.openai.transport.http_client import client_options

        client = OpenAI(
            api_key=api_key or _NO_API_KEY,
            base_url=base_url or DEFAULT_BASE_URL,
            **client_options(on_limits, ca_bundle),
        )
        # Instead of arguments, so that the SDK doesn't read the environment for those not set.
        client.organization, client.project = organization, project
        return client

    return LazyClient(make)


def lazy_azure_client(
    *,
    api_key: str,
    endpoint: str,
    api_version: str,
    on_limits: OnLimits | None = None,
    ca_bundle: str | None = None,
) -> "LazyClient[OpenAI]":
    """Return a client of Azure OpenAI, created lazily.

    Azure calls models by the names of their deployments.
    """

    def make() -> "OpenAI":
        from openai import AzureOpenAI

        from app.services.openai.transport.http_client import client_options

        return AzureOpenAI(
            api_key=api_key,
            azure_endpoint=endpoint,
            api_version=api_version,
            **client_options(on_limits, ca_bundle),
        )

    return LazyClient(make)


@contextmanager
def translate_errors(*, if_sent: Charged | None, quoted: Sequence[str] = ()) -> Iterator[None]:
    """Translate each error of the SDK into an AppError.

    The provider's message is dropped, because it can quote keys and prompts. The log gets the
    status, code and request id. Whatever else goes wrong before the request is sent becomes an
    AppError, too, because nothing was charged.

    Args:
        if_sent: whether a request that was sent and then failed is charged for.
        quoted: texts of the request that an error may repeat, if its body can't be read again.
    """
    with track_sending(quoted) as request:
        try:
            yield
        except AppError:
            raise
        except Exception as error:  # reason: unknown ones are raised again if anything was sent
            if request.stopped is not None:
                raise request.stopped from None
            failure = None if isinstance(error, ImportError) else classify(error)
            if failure is None and request.sent:
                raise
            raise _translated(error, failure, if_sent, was_sent=request.sent) from None


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    import httpx2
    from openai import APIConnectionError, OpenAIError

    from app.services.openai.transport.decoding import UnusableBody

    if refusal := refusal_of(error):
        return _failure_of(error, refusal)
    name = type(error).__name__
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    if isinstance(cause, UnusableBody):
        return Failure(kind=FailureKind.BAD_RESPONSE, detail=str(cause), code=name)
    if isinstance(error, APIConnectionError):
        return Failure(kind=_connection_kind(cause), detail=_name(cause), code=_name(cause))
    if isinstance(error, httpx2.HTTPError | OpenAIError | JSONDecodeError):
        is_reading = isinstance(error, httpx2.HTTPError)
        kind = FailureKind.NO_RESPONSE if is_reading else FailureKind.BAD_RESPONSE
        return Failure(kind=kind, detail=name, code=name)
    if isinstance(error, UnicodeEncodeError) and error.encoding == "ascii":
        # the API key, in a header
        return Failure(kind=FailureKind.CONFIGURATION, detail=name, code=name)
    return None


def _connection_kind(cause: BaseException | None) -> FailureKind:
    import httpx2

    if isinstance(cause, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
        return FailureKind.CONFIGURATION  # a header or an address that can't be sent
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
    return FailureKind.UNREACHABLE if isinstance(cause, unsent) else FailureKind.NO_RESPONSE


def _failure_of(error: Exception, refusal: Refusal) -> Failure:
    response = getattr(error, "response", None)
    request_id = getattr(error, "request_id", None)
    return Failure(
        kind=refusal.kind,
        detail=f"status {refusal.status}, code {refusal.label or None}, request {request_id}",
        code=f"status {refusal.status}",
        retry_after=_retry_after(response.headers) if response is not None else None,
    )


def _translated(
    error: Exception, failure: Failure | None, if_sent: Charged | None, *, was_sent: bool
) -> AppError:
    """Return the AppError for an error, whose request was sent or not."""
    if failure is None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("%s before a request was sent:\n%s", type(error).__name__, frames)
        return ProviderMisconfigured(f"{type(error).__name__} before the request was sent")
    if not was_sent and failure.kind in _APP_ERRORS_IF_SENT and not refusal_of(error):
        return ProviderUnreachable(failure.detail)
    if isinstance(error, RefusedInBody) and error.charged:
        if_sent = Charged.YES
    translated = app_error(failure, if_sent)
    if isinstance(error, RefusedInBody) and error.charged:
        translated.charged = Charged.YES
    return translated


def app_error(failure: Failure, if_sent: Charged | None) -> AppError:
    """Return the AppError for a failure.

    Args:
        failure: what went wrong.
        if_sent: whether a request that was sent and then failed is charged for.
    """
    detail = failure.detail
    if failure.kind in _APP_ERRORS:
        return _APP_ERRORS[failure.kind](detail)
    if failure.kind in _APP_ERRORS_IF_SENT:
        return _APP_ERRORS_IF_SENT[failure.kind](detail, charged=if_sent)
    if failure.kind is FailureKind.RATE_LIMITED:
        return ProviderRateLimited(detail, retry_after=failure.retry_after)
    return ProviderMisconfigured(detail)


def _name(error: BaseException | None) -> str:
    return type(error).__name__


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the Retry-After header in seconds, capped.

    None means that it is missing or not a number.
    """
    value = headers.get("retry-after", "")
    return (
        min(int(value), _MAX_RETRY_AFTER_SECONDS) if value.isascii() and value.isdigit() else None
    )
