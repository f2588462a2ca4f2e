"""Images that an OpenAI-compatible server answers with an address instead of their bytes.

The address comes from upstream, so it is only followed to the very scheme, host and port of the
server that was asked, and no redirect is followed at all. To which machine the host's name leads
is the operator's own choice: it is the name in OPENAI_BASE_URL, with whom the key is shared, too.
"""

import time
from typing import TYPE_CHECKING

from app.errors import Charged, ProviderBadResponse

if TYPE_CHECKING:
    import httpx2

_CONNECT_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}


def fetch(address: str, *, base_url: str, deadline: float, most_bytes: int) -> bytes:
    """Return the image. Neither a key nor anything else of the first request is sent along.

    Args:
        address: what the server answered.
        base_url: of the server that answered it.
        deadline: on the monotonic clock.
        most_bytes: that the image may have.

    Raises:
        ProviderBadResponse: it is another server's address, or no image could be had from it.
    """
    import httpx2

    try:
        url = httpx2.URL(address)
        if url.userinfo or origin(url) != origin(httpx2.URL(base_url)):
            raise _unusable("address of another server")
        return _read(url, deadline, most_bytes)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise _unusable(type(error).__name__) from None


def origin(url: "httpx2.URL") -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454), which together say whose server it is."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _read(url: "httpx2.URL", deadline: float, most_bytes: int) -> bytes:
    import httpx2

    left = deadline - time.monotonic()
    if left <= 0:
        raise _unusable("no time left")
    timeout = httpx2.Timeout(left, connect=min(left, _CONNECT_SECONDS))
    # Compressed, a small answer could unpack to any size before it can be measured.
    headers = {"Accept-Encoding": "identity"}
    asked = httpx2.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=False)
    image = bytearray()
    with asked as answer:
        if answer.status_code != 200:
            raise _unusable(f"status {answer.status_code}")
        for chunk in answer.iter_raw():
            image += chunk
            if len(image) > most_bytes:
                raise _unusable("too large")
            if time.monotonic() > deadline:
                raise _unusable("deadline")
    if not image:
        raise _unusable("empty")
    return bytes(image)


def _unusable(why: str) -> ProviderBadResponse:
    return ProviderBadResponse(f"image address: {why}", charged=Charged.YES)
