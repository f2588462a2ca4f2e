"""Download of images that an OpenAI-compatible server returns as a URL.

The URL comes from the server's response, so it is followed only to the scheme, host and port of the
server itself, and to hosts that the operator lists. Redirects are not followed at all. Where these
hosts are is the operator's responsibility, as it is for OPENAI_BASE_URL.
"""

import io
import logging
import mmap
import re
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.errors import Charged, ProviderBadResponse, ProviderMisconfigured

if TYPE_CHECKING:
    import httpx2

_log = logging.getLogger(__name__)

_UNLISTED_HOST = (
    "The image provider returns images at addresses on a host that is not in PROVIDER_IMAGE_HOSTS. "
    "The operator must add it."
)
_MAX_ADDRESSES = 3
_PORTS = {"http": 80, "https": 443}
_RELATIVE = re.compile(
    r"/?[\w.~%!$&'()*+,;=@-][^\\:\s]*", re.ASCII
)  # neither `//host` nor a scheme
_HOST = re.compile(r"[a-z0-9.-]{1,253}|[0-9a-f:.]{2,45}")


class HostNotListed(Exception):
    """The image is on another host, which the operator has not listed.

    Args:
        host: its name, if it is well-formed.
    """

    def __init__(self, host: str) -> None:
        super().__init__("the host of the image is not listed")
        self.host = host


class ImageHosts:
    """The hosts from which images may be fetched, and whether the provider uses another one.

    An image on another host can't be fetched, so once there was one, no further one is paid for.
    Processes that are forked from its own share what it knows.

    Args:
        listed: hosts in lower case beside the provider's own, each with or without a port.
    """

    def __init__(self, listed: Collection[str]) -> None:
        self.listed = frozenset(listed)
        self._uses_another = mmap.mmap(-1, 1)

    def require_listed(self) -> None:
        """Return if all images so far were on listed hosts.

        Raises:
            ProviderMisconfigured: the provider uses another one. Nothing was charged.
        """
        if self._uses_another[0]:
            raise ProviderMisconfigured("images on an unlisted host", message=_UNLISTED_HOST)

    def download(
        self,
        addresses: Sequence[str],
        *,
        base_url: str,
        deadline: float,
        max_bytes: int,
        evidence: Callable[[], bytes],
        charged: Charged,
    ) -> bytes:
        """Return the image at the first address that has it.

        Args:
            addresses: see `download_image`, as for the next three.
            base_url: of the server.
            deadline: on the monotonic clock.
            max_bytes: the largest image that is accepted.
            evidence: returns the response that has the addresses.
            charged: whether a response without addresses was charged.

        Raises:
            ProviderBadResponse: there is none; the error carries the response as evidence.
        """
        unusable = ProviderBadResponse("no image", charged=charged)
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                return download_image(
                    address,
                    base_url=base_url,
                    hosts=self.listed,
                    deadline=deadline,
                    max_bytes=max_bytes,
                )
            except ProviderBadResponse as error:
                unusable = error
            except HostNotListed as error:
                unusable = self.report_unlisted(error.host)
        unusable.evidence = evidence()
        raise unusable

    def report_unlisted(self, host: str) -> ProviderBadResponse:
        """Remember that the provider uses another host; return the error of its image."""
        self._uses_another[0] = 1
        _log.error("images are on %s: %s", host or "an odd host", _UNLISTED_HOST)
        return ProviderBadResponse("unlisted host", message=_UNLISTED_HOST, charged=Charged.YES)


def download_image(
    address: str, *, base_url: str, hosts: Collection[str], deadline: float, max_bytes: int
) -> bytes:
    """Return the image at an address.

    The request contains neither the API key nor the prompt.

    Args:
        address: from the server's response; relative ones are those of the server.
        base_url: of that server.
        hosts: further hosts in lower case, each with or without a port.
        deadline: on the monotonic clock.
        max_bytes: the largest image that is accepted.

    Raises:
        HostNotListed: the address is on a host that is not listed.
        ProviderBadResponse: the address is none, or the download failed.
    """
    import httpx2

    from app.services.openai.transport.decoding import UnusableBody

    try:
        url = _absolute(address, httpx2.URL(base_url))
        _check_host(url, httpx2.URL(base_url), hosts)
        return _read(url, deadline, max_bytes)
    except (HostNotListed, ProviderBadResponse):
        raise
    except UnusableBody as error:
        raise _unusable(str(error)) from None
    except Exception as error:  # noqa: BLE001 - reason: any address is possible, and it is paid
        raise _unusable(type(error).__name__) from None


def _absolute(address: str, base_url: "httpx2.URL") -> "httpx2.URL":
    """Return an absolute URL; a relative address belongs to the server."""
    import httpx2

    if _RELATIVE.fullmatch(address):
        folder = base_url.copy_with(raw_path=base_url.raw_path.rstrip(b"/") + b"/")
        return folder.join(address)
    return httpx2.URL(address)


def _check_host(url: "httpx2.URL", base_url: "httpx2.URL", hosts: Collection[str]) -> None:
    if url.userinfo or url.scheme not in _PORTS or not url.host:
        raise _unusable("not an address of an image")
    if origin(url) == origin(base_url):
        return
    is_secure = url.scheme == "https" or base_url.scheme == "http"
    host = url.raw_host.decode("ascii", "replace")
    is_listed = host in hosts or f"{host}:{origin(url)[2]}" in hosts
    if not (is_listed and is_secure):
        raise HostNotListed(host if _HOST.fullmatch(host) else "")


def origin(url: "httpx2.URL") -> tuple[str, str, int | None]:
    """Return the origin of a URL (RFC 6454): scheme, host and port."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _read(url: "httpx2.URL", deadline: float, max_bytes: int) -> bytes:
    from httpx2 import Timeout

    from app.services.openai.transport.bounded_body import replace_stream
    from app.services.openai.transport.http_client import CONNECT_SECONDS, bounded_client

    left = deadline - time.monotonic()
    if left <= 0:
        raise _unusable("no time left")
    timeout = Timeout(left, connect=min(left, CONNECT_SECONDS))
    bound = partial(replace_stream, max_bytes=max_bytes)
    image = io.BytesIO()
    with (
        bounded_client(bound, accept_encoding="identity") as client,
        client.stream("GET", url, timeout=timeout) as response,
    ):
        if response.status_code != 200:
            raise _unusable(f"status {response.status_code}")
        for chunk in response.iter_bytes():
            image.write(chunk)
            if time.monotonic() > deadline:
                raise _unusable("deadline")
    data = image.getvalue()
    if not data:
        raise _unusable("empty")
    return data


def _unusable(reason: str) -> ProviderBadResponse:
    return ProviderBadResponse(f"image URL: {reason}", charged=Charged.YES)
