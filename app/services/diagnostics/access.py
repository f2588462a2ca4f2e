"""Check who can spend the operator's money, and how much."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence

from app.errors import AppError
from app.models import ApiKey, Finding
from app.services.diagnostics.findings import FindingBuilder

_ACCESS = FindingBuilder("access")
_BUDGET = FindingBuilder("budget")
_REQUIRE_KEYS = "set AUTH_REQUIRED=true and create keys with `flask keys create`"


def check_access(
    *, paid: bool, origins: Sequence[str], host: str, auth_required: bool
) -> Iterator[Finding]:
    """Check whether clients without an API key can generate paid images.

    Args:
        paid: whether images cost money.
        origins: the allowed CORS origins.
        host: the address that the server listens on.
        auth_required: whether requests need an API key.
    """
    open_to_all = paid and not auth_required
    if open_to_all and "*" in origins:
        yield _ACCESS.warning(
            "origins",
            "web pages of any origin can generate images at your expense (CORS_ORIGINS=*)",
            "set AUTH_REQUIRED=true, or list your own pages in CORS_ORIGINS",
        )
    else:
        yield _ACCESS.ok("origins", "any" if "*" in origins else f"{len(origins)} listed")
    if open_to_all and not _is_loopback(host):
        yield _ACCESS.warning(
            "address",
            "any client that reaches this address can generate images at your expense",
            f"{_REQUIRE_KEYS}, or set HOST=127.0.0.1",
        )
    else:
        condition = "an API key is required" if auth_required else "images are free"
        address = "this machine only" if _is_loopback(host) else f"any; {condition}"
        yield _ACCESS.ok("address", address)
    if open_to_all:
        found = "images cost money, and no API key is required"
        yield _ACCESS.warning("keys", found, _REQUIRE_KEYS)


def check_keys(active_keys: Callable[[], Sequence[ApiKey]]) -> Finding:
    """Count the accepted keys. `active_keys` may raise RecordsUnavailable."""
    try:
        count = len(active_keys())
    except AppError:
        found = "API keys can't be read, so every request with a key is refused"
        return _ACCESS.failed("keys", found, "see the findings about records")
    if not count:
        found = "no API key is active, so no request is accepted"
        return _ACCESS.warning("keys", found, "create one with `flask keys create`")
    return _ACCESS.ok("keys", f"{count} active")


def check_budget(unpriced_models: Sequence[str], *, budget: str | None) -> Iterator[Finding]:
    """Check whether a budget can be enforced: every model needs a price.

    Args:
        unpriced_models: the models in use whose price is unknown.
        budget: the whole server's budget, as set.
    """
    if unpriced_models:
        found = f"no price is known for {' and '.join(unpriced_models)}"
        advice = "set OPENAI_PRICES; with a budget, requests are refused until then"
        yield _BUDGET.warning("prices", found, advice)
    else:
        yield _BUDGET.ok("prices", "known for the image model and the text model")
    if budget is None:
        yield _BUDGET.not_used("server", "SERVER_BUDGET is not set, so spending is not limited")
    else:
        yield _BUDGET.ok("server", f"{budget}, in US dollars")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
