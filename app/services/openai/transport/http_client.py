"""The HTTP clients of the OpenAI SDK and of downloads.

They have a time limit for a whole exchange, bound all bodies, follow no redirects, and make no
retries. The module is imported with the SDK at the first call, because importing httpx2 takes a
tenth of a second.
"""

import re
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
from openai import DefaultHttpxClient, Timeout

from app.ports.providers import OnLimits
from app.services.openai.transport import allowance
from app.services.openai.transport.bounded_body import bound_body, is_image_call
from app.services.openai.transport.sent_requests import trace_request

_LIMITS = ("images", "requests", "tokens")
_WHOLE_NUMBER = re.compile("[0-9]{1,12}")
TEXT_TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 5.0

_ResponseHook = Callable[[httpx2.Response], None]


def bounded_client(
    *hooks: _ResponseHook, accept_encoding: str, verify: ssl.SSLContext | bool = True
) -> httpx2.Client:
    """Return an HTTP client that bounds every exchange.

    The read timeout of a request is the time limit of its whole exchange.

    Args:
        hooks: called with each response. One of them has to bound its body.
        accept_encoding: by default httpx2 accepts what any installed package can decompress.
        verify: the certificates to trust; True for the usual ones.
    """
    client = DefaultHttpxClient(
        # The SDK's default follows redirects to any host, and sends the prompt there.
        follow_redirects=False,
        event_hooks={
            "request": [allowance.begin_exchange, trace_request],
            "response": list(hooks),
        },
        verify=verify,
        headers={"Accept-Encoding": accept_encoding},
    )
    allowance.bound_connections(client)
    return client


def client_options(
    on_limits: OnLimits | None = None, ca_bundle: str | None = None
) -> dict[str, Any]:
    """Return the options that all clients of the SDK share.

    Args:
        on_limits: receives what remains of the image model's rate limits, after each response.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """
    hooks: list[_ResponseHook] = [bound_body]
    if on_limits is not None:
        hooks.insert(0, partial(report_limits, on_limits=on_limits))
    return {
        # The SDK's default of two retries could pay for the same image three times.
        "max_retries": 0,
        "http_client": bounded_client(
            *hooks,
            accept_encoding="gzip, deflate",
            verify=ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True,
        ),
        "timeout": Timeout(TEXT_TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
    }


def report_limits(response: httpx2.Response, *, on_limits: OnLimits) -> None:
    """Report what remains of the limits on images, requests and tokens a minute."""
    if not is_image_call(response.request):  # text models have other limits
        return
    values = {kind: response.headers.get(f"x-ratelimit-remaining-{kind}", "") for kind in _LIMITS}
    remaining = {
        kind: int(value) for kind, value in values.items() if _WHOLE_NUMBER.fullmatch(value)
    }
    if remaining:
        on_limits(remaining)
