"""Who the client is and how it called, where proxies that we trust stand between.

Werkzeug's ProxyFix counts hops and asks no address, so it would believe whoever reaches the port
past the proxy. Here a header counts only if the peer that sent it is one of ours.
"""

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

UNIX = "unix"
"""Stands for whoever calls over a unix socket, who has no address."""

_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)
_ENTRY = re.compile(r"(?:\[([^]]*:[^]]*)\]|([^:]*))(?::[0-9]{1,5})?")
_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The WSGI application before all others: settles who calls, and how.

    The client is the right-most address of X-Forwarded-For that isn't a trusted proxy's; what
    isn't an address ends the walk, and the last proxy counts as client. Ports, which some proxies
    write, are passed over, as in 192.0.2.1:5555 and [2001:db8::1]:5555. Scheme and host are those
    that the nearest proxy names. Nobody behind this sees the headers themselves.

    Args:
        app: what answers.
        trusted: addresses and networks (IPv4, IPv6), and `unix`. Empty: no header is believed.

    Raises:
        ValueError: one of `trusted` is none of these.
    """

    def __init__(self, app: WSGIApplication, trusted: Iterable[str]) -> None:
        self._app = app
        names = tuple(trusted)
        self._unix = UNIX in names
        self._networks = tuple(network(name) for name in names if name != UNIX)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Correct the environment, and let the app answer."""
        given = [environ.pop(name, "") for name in _HEADERS]
        if any(given) and self._trusts(environ.get("REMOTE_ADDR", "")):
            self._believe(environ, *given)
        return self._app(environ, start_response)

    def _believe(self, environ: dict[str, Any], chain: str, scheme: str, host: str) -> None:
        environ["REMOTE_ADDR"] = self._client(environ.get("REMOTE_ADDR", ""), chain)
        scheme, host = _last(scheme).lower(), _last(host)
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        if _HOST.fullmatch(host):
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


def network(text: str) -> IPv4Network | IPv6Network:
    """Read an address or a network.

    Raises:
        ValueError: it is neither.
    """
    return ip_network(text)


def counted_as(peer: str) -> str:
    """Return what an address is counted as: an IPv6 client has a whole /64 to call from."""
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or peer)


def _address(text: str) -> Address | None:
    if "%" in text:  # a zone names an interface of another machine
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(entry: str) -> str:
    found = _ENTRY.fullmatch(entry)  # an IPv6 address by itself is none: it is as it is
    return (found[1] or found[2]) if found else entry


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()
