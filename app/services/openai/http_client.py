"""The HTTP client of the OpenAI SDK.

It has timeouts, follows no redirects, makes no retries, and limits the size of error responses. The
module is imported with the SDK at the first call, because importing httpx2 takes a tenth of a
second.
"""

import re
import ssl
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx2
from openai import DefaultHttpxClient, Timeout

from app.ports.providers import OnLimits
from app.services.openai.sent_requests import trace_request

_IMAGES_PATH = "/images/generations"
_LIMITS = ("images", "requests", "tokens")
_WHOLE_NUMBER = re.compile("[0-9]{1,12}")
TEXT_TIMEOUT_SECONDS = 30.0
_CONNECT_SECONDS = 5.0

# Other encodings, and combined ones, can decompress to a million times the size.
_MAX_ERROR_BYTES = {
    "identity": 1024 * 1024,
    "gzip": 64 * 1024,  # decompressed, it can be a thousand times as large
    "deflate": 64 * 1024,
}


def client_options(
    on_limits: OnLimits | None = None, ca_bundle: str | None = None
) -> dict[str, Any]:
    """Return the options that all clients of the SDK share.

    Args:
        on_limits: receives what remains of the image model's rate limits, after each response.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """
    hooks = [limit_error_body]
    if on_limits is not None:
        hooks.insert(0, partial(report_limits, on_limits=on_limits))
    return {
        # The SDK's default of two retries could pay for the same image three times.
        "max_retries": 0,
        # The SDK's default follows redirects to any host, and sends the prompt there.
        "http_client": DefaultHttpxClient(
            follow_redirects=False,
            event_hooks={"request": [trace_request], "response": hooks},
            verify=ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True,
            # By default httpx2 accepts what any installed package can decompress.
            headers={"Accept-Encoding": "gzip, deflate"},
        ),
        "timeout": Timeout(TEXT_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS),
    }


def report_limits(response: httpx2.Response, *, on_limits: OnLimits) -> None:
    """Report what remains of the limits on images, requests and tokens a minute."""
    if not response.request.url.path.endswith(_IMAGES_PATH):  # text models have other limits
        return
    values = {kind: response.headers.get(f"x-ratelimit-remaining-{kind}", "") for kind in _LIMITS}
    remaining = {
        kind: int(value) for kind, value in values.items() if _WHOLE_NUMBER.fullmatch(value)
    }
    if remaining:
        on_limits(remaining)


def limit_error_body(response: httpx2.Response) -> None:
    """Truncate the body of an error response.

    The SDK would read it whole, however large it is. The error's code and message are within the
    first bytes.
    """
    if response.status_code >= 400 and isinstance(response.stream, httpx2.SyncByteStream):
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        limit = _MAX_ERROR_BYTES.get(encoding, 0)
        response.stream = _TruncatedStream(response.stream, limit)


class _TruncatedStream(httpx2.SyncByteStream):
    """The first `max_bytes` of a stream."""

    def __init__(self, stream: httpx2.SyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left <= 0:
                return

    def close(self) -> None:
        """Close the underlying stream."""
        self._stream.close()
