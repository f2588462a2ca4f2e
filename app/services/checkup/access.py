"""Who can draw at the operator's expense. The service itself asks nobody for a password yet."""

import ipaddress
from collections.abc import Iterator, Sequence

from app.models import Finding
from app.services.checkup.about import About

_ABOUT = About("access")


def check_access(*, paid: bool, origins: Sequence[str], host: str) -> Iterator[Finding]:
    """Look at the doors through which somebody can make the service draw."""
    if paid and "*" in origins:
        yield _ABOUT.warning(
            "origins",
            "any web page may have its visitors draw for money here (CORS_ORIGINS=*)",
            "list your own pages in CORS_ORIGINS",
        )
    else:
        yield _ABOUT.ok("origins", "any page" if "*" in origins else f"{len(origins)} listed")
    if paid and not _is_loopback(host):
        yield _ABOUT.warning(
            "address",
            "whoever reaches this machine can draw for money: there is no password",
            "set HOST=127.0.0.1, or let only a proxy that asks for a password reach it",
        )
    else:
        yield _ABOUT.ok("address", "this machine only" if _is_loopback(host) else "any, for free")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
