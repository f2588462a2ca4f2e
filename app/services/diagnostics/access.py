"""Who can draw at the operator's expense."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence

from app.errors import AppError
from app.models import ApiKey, Finding
from app.services.diagnostics.findings import About

_ABOUT = About("access")


def check_access(
    *, paid: bool, origins: Sequence[str], host: str, auth_required: bool
) -> Iterator[Finding]:
    """Look at the doors through which somebody can make the service draw."""
    open_to_all = paid and not auth_required
    if open_to_all and "*" in origins:
        yield _ABOUT.warning(
            "origins",
            "any web page may have its visitors draw for money here (CORS_ORIGINS=*)",
            "set AUTH_REQUIRED=true, or list your own pages in CORS_ORIGINS",
        )
    else:
        yield _ABOUT.ok("origins", "any page" if "*" in origins else f"{len(origins)} listed")
    if open_to_all and not _is_loopback(host):
        yield _ABOUT.warning(
            "address",
            "whoever reaches this machine can draw for money: no key is asked for",
            "set AUTH_REQUIRED=true and make keys with `flask keys create`, or HOST=127.0.0.1",
        )
    else:
        by_whom = "with a key" if auth_required else "for free"
        yield _ABOUT.ok("address", "this machine only" if _is_loopback(host) else f"any, {by_whom}")
    if open_to_all:
        yield _ABOUT.warning(
            "keys",
            "images cost money, and no key is asked for",
            "set AUTH_REQUIRED=true and make keys with `flask keys create`",
        )


def check_keys(live_keys: Callable[[], Sequence[ApiKey]]) -> Finding:
    """Tell how many keys can be used. `live_keys` raises RecordsUnavailable."""
    try:
        count = len(live_keys())
    except AppError:
        return _ABOUT.failed("keys", "can't be read, so nobody is let in", "see what records say")
    if not count:
        return _ABOUT.warning("keys", "nobody has a live key", "make one with `flask keys create`")
    return _ABOUT.ok("keys", f"{count} live")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
