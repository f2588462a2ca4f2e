"""The Host header, which requests of HTTP/1.1 must have (RFC 9112, section 3.2).

A target in absolute form, as proxies get it, names the host itself, and then the header doesn't
count (section 3.2.2).

A server that accepts a request without it and a proxy that guesses a host can disagree about whom
the request is for.

URLs in responses begin with it. Werkzeug reads hosts with an underscore, such as the names of
Docker services, as empty, and drops default ports. Here the header is used as it was sent, if it
can be a part of a URL.
"""

import re
from ipaddress import IPv6Address
from typing import Any

from flask import Flask, request

from app.errors import InvalidRequest

HEADER = "Host"

_KEY = "HTTP_HOST"  # in the WSGI environment
_TARGET = "RAW_URI"  # as gunicorn and Werkzeug name it
_VERSION_WITHOUT_HOST = "HTTP/1.0"
_HOST = re.compile(
    r"(?:(?P<name>(?![^:]{254})[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.?)|\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\])"
    r"(?::(?P<port>[0-9]{0,5}))?"
)
_MAX_PORT = 65535
_AUTHORITY = re.compile(r"https?://([^/?#]+)", re.IGNORECASE)


def register(app: Flask) -> None:
    """Reject requests whose header is missing or unusable, before any view runs.

    The image middleware leaves such requests to the app.
    """
    app.before_request(_check_host)


def use_target_host(environ: dict[str, Any]) -> None:
    """Replace the header by the host of a target in absolute form.

    A target of another scheme, or without a host, leaves a header that is not usable.
    """
    target = environ.get(_TARGET, "/")
    if not target.startswith("/") and "://" in target and not _lacks_host(environ):
        match = _AUTHORITY.match(target)
        environ[_KEY] = match[1] if match else target


def is_acceptable(environ: dict[str, Any]) -> bool:
    """Return whether a request has a usable header, or need not have one."""
    host = environ.get(_KEY)
    return is_usable(host) if host else not _lacks_host(environ)


def _lacks_host(environ: dict[str, Any]) -> bool:
    """Return whether a request has no Host header although its version requires one.

    An empty header is not missing: it is how a client addresses a target without an authority.
    """
    return _KEY not in environ and environ.get("SERVER_PROTOCOL") != _VERSION_WITHOUT_HOST


def is_usable(host: str) -> bool:
    """Return whether this is a host name or an address, with an optional port."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    has_invalid_port = match["port"] and not 0 < int(match["port"]) <= _MAX_PORT
    return not has_invalid_port and (match["ipv6"] is None or _is_ipv6(match["ipv6"]))


def request_host(environ: dict[str, Any]) -> str:
    """Return the Host header, or else the address that the server listens on."""
    host: str = environ.get(_KEY, "") or _server_address(environ)
    return host.removesuffix(":")


def _check_host() -> None:
    if _lacks_host(request.environ):
        raise _invalid(f"Send the header {HEADER}.", "Required.")
    if not is_acceptable(request.environ):
        raise _invalid(f"The header {HEADER} is not a valid host and port.", "Invalid.")


def _invalid(message: str, problem: str) -> InvalidRequest:
    return InvalidRequest(message=message, errors=[{"field": HEADER, "message": problem}])


def _server_address(environ: dict[str, Any]) -> str:
    """Return the server's address; `localhost` on a Unix socket, which has none."""
    name, port = environ.get("SERVER_NAME", ""), environ.get("SERVER_PORT", "")
    address = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return address if is_usable(address) else "localhost"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
