"""Tells whether a budget can be held: only where the prices are known."""

from collections.abc import Iterator

from app.models import Finding
from app.services.diagnostics.findings import About

_ABOUT = About("budget")


def check_prices(unknown: list[str], *, budget: str | None) -> Iterator[Finding]:
    """Judge what is known of the models in use.

    Args:
        unknown: the models whose price is not known.
        budget: of the whole server, as it is set.
    """
    if unknown:
        found = f"no price is known for {' and '.join(unknown)}"
        advice = "set OPENAI_PRICES; with a budget, calls are refused until then"
        yield _ABOUT.warning("prices", found, advice)
    else:
        yield _ABOUT.ok("prices", "known for the image model and the text model")
    if budget is None:
        yield _ABOUT.not_used("server", "SERVER_BUDGET is not set, so there is no end to spending")
    else:
        yield _ABOUT.ok("server", f"{budget}, in US dollars")
