"""Client address, scheme and host behind trusted proxies.

Werkzeug's ProxyFix counts hops and ignores addresses, so it also trusts clients that connect
directly, without the proxy. Here a forwarded header counts only if a trusted proxy sent it.
"""

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from app.http.host_header import is_usable, use_target_host

UNIX = "unix"
"""The name of clients on a Unix socket, which have no address."""

_ENTRY = re.compile(r"(?:\[([^]]*:[^]]*)\]|([^:]*))(?::[0-9]{1,5})?")
_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """WSGI middleware that applies the forwarded headers of trusted proxies.

    The client is the rightmost address in X-Forwarded-For that does not belong to a trusted proxy.
    An entry that is not an address ends the search; the proxy found last is then the client. Ports,
    which some proxies add (192.0.2.1:5555, [2001:db8::1]:5555), are ignored. Scheme and host are
    taken from the nearest proxy. The forwarded headers are removed from the request.

    Args:
        app: the wrapped application.
        trusted: IPv4 and IPv6 addresses and networks, and `unix`. If empty, no header is applied.

    Raises:
        ValueError: an entry of `trusted` is none of these.
    """

    def __init__(self, app: WSGIApplication, trusted: Iterable[str]) -> None:
        self._app = app
        names = tuple(trusted)
        self._unix = UNIX in names
        self._networks = tuple(ip_network(name) for name in names if name != UNIX)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Update the environment and call the wrapped application."""
        use_target_host(environ)
        headers = [environ.pop(name, "") for name in _HEADERS]
        if any(headers) and self._trusts(environ.get("REMOTE_ADDR", "")):
            self._apply(environ, *headers)
        return self._app(environ, start_response)

    def _apply(self, environ: dict[str, Any], chain: str, scheme: str, host: str) -> None:
        environ["REMOTE_ADDR"] = self._client(environ.get("REMOTE_ADDR", ""), chain)
        scheme, host = _last(scheme).lower(), _last(host)
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        if is_usable(host):
            environ["HTTP_HOST"] = host

    def _client(self, peer: str, chain: str) -> str:
        for entry in reversed(chain.split(",")):
            address = _address(_without_port(entry.strip()))
            if address is None:
                break
            peer = str(address)
            if not self._trusts(peer):
                break
        return peer

    def _trusts(self, peer: str) -> bool:
        if not peer:
            return self._unix
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)


def rate_limit_address(peer: str) -> str:
    """Return the address, or the /64 network of an IPv6 address.

    A single client usually has a whole /64 network, so all of it shares one rate limit.
    """
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or peer)


def _address(text: str) -> Address | None:
    if "%" in text:  # a zone id has a meaning on the sender's machine only
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(entry: str) -> str:
    match = _ENTRY.fullmatch(entry)  # a bare IPv6 address does not match
    return (match[1] or match[2]) if match else entry


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()
