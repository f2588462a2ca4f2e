"""Download of images that an OpenAI-compatible server returns as a URL.

The URL comes from the server's response, so it is followed only if it has the scheme, host and
port of the server itself, and redirects are not followed at all. The host's address is the
operator's responsibility: it is the host of OPENAI_BASE_URL, which also receives the API key.
"""

import time
from typing import TYPE_CHECKING

from app.errors import Charged, ProviderBadResponse

if TYPE_CHECKING:
    import httpx2

_CONNECT_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}


def download_image(url: str, *, base_url: str, deadline: float, max_bytes: int) -> bytes:
    """Return the image at a URL.

    The request contains neither the API key nor the prompt.

    Args:
        url: from the server's response.
        base_url: of that server.
        deadline: on the monotonic clock.
        max_bytes: the largest image that is accepted.

    Raises:
        ProviderBadResponse: the URL belongs to another server, or the download failed.
    """
    import httpx2

    try:
        parsed = httpx2.URL(url)
        if parsed.userinfo or origin(parsed) != origin(httpx2.URL(base_url)):
            raise _unusable("another server")
        return _read(parsed, deadline, max_bytes)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise _unusable(type(error).__name__) from None


def origin(url: "httpx2.URL") -> tuple[str, str, int | None]:
    """Return the origin of a URL (RFC 6454): scheme, host and port."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _read(url: "httpx2.URL", deadline: float, max_bytes: int) -> bytes:
    import httpx2

    left = deadline - time.monotonic()
    if left <= 0:
        raise _unusable("no time left")
    timeout = httpx2.Timeout(left, connect=min(left, _CONNECT_SECONDS))
    # A small compressed response could unpack to any size before it can be measured.
    headers = {"Accept-Encoding": "identity"}
    request = httpx2.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=False)
    image = bytearray()
    with request as response:
        if response.status_code != 200:
            raise _unusable(f"status {response.status_code}")
        for chunk in response.iter_raw():
            image += chunk
            if len(image) > max_bytes:
                raise _unusable("too large")
            if time.monotonic() > deadline:
                raise _unusable("deadline")
    if not image:
        raise _unusable("empty")
    return bytes(image)


def _unusable(reason: str) -> ProviderBadResponse:
    return ProviderBadResponse(f"image URL: {reason}", charged=Charged.YES)
