"""Parameter types and options that several commands share."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, TypeVar, cast

import click

from app.blueprints.dependencies import deps
from app.cli.exit_codes import exit_on_error
from app.models import ANONYMOUS, Budget, Caller, Rate, Scope
from app.usecases.auth.api_keys import ApiKeyRejected

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_BUDGET = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)/(day|month)", re.ASCII)
_MICROS = 1_000_000

Command = TypeVar("Command", bound=Callable[..., Any])


class DurationParam(click.ParamType[int]):
    """A duration such as `90s`, `15m`, `12h` or `30d`, converted to seconds.

    Args:
        allow_zero: also accept `0s`.
    """

    name = "duration"

    def __init__(self, *, allow_zero: bool = False) -> None:
        self._allow_zero = allow_zero

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds."""
        if self._allow_zero and value == "0s":
            return 0
        match = _DURATION.fullmatch(value)
        if match is None:
            self.fail("must be a duration such as 90s, 15m, 12h or 30d.", param, ctx)
        return int(match[1]) * _SECONDS[match[2]]


class ScopesParam(click.ParamType[frozenset[Scope]]):
    """Comma-separated scopes such as `generate,read`."""

    name = "scopes"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[Scope]:
        """Return the scopes."""
        names = {name.strip() for name in value.split(",")}
        if not names <= set(Scope):
            self.fail(f"must be a comma-separated list of {', '.join(Scope)}.", param, ctx)
        return frozenset(map(Scope, names))


class RateParam(click.ParamType[str]):
    """A rate limit such as `30/minute`, or `off`. "" means the server's limit."""

    name = "rate"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the rate limit unchanged."""
        try:
            if value:
                Rate.parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return value


class BudgetParam(click.ParamType[Budget]):
    """A budget in dollars such as `5.00/day` or `90/month`."""

    name = "budget"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Budget:
        """Return the budget, in whole micros (millionths of a dollar)."""
        match = _BUDGET.fullmatch(value)
        micros = int(Decimal(match[1]) * _MICROS) if match else 0
        if match is None or not micros:
            self.fail(
                "must be a positive amount of dollars such as 5.00/day or 90/month, with at most "
                "six decimal places.",
                param,
                ctx,
            )
        return Budget(micros=micros, period=cast(Literal["day", "month"], match[2]))


def format_budget(budget: Budget) -> str:
    """Format a budget as BudgetParam reads it."""
    dollars, micros = divmod(budget.micros, _MICROS)
    places = f"{micros:06}".rstrip("0").ljust(2, "0")
    return f"{dollars}.{places}/{budget.period}"


def owner_option(help_text: str) -> Callable[[Command], Command]:
    """Add the option `--owner`, the name or id of an API key."""
    return click.option("--owner", metavar="KEY", default="", help=help_text)


def query_option() -> Callable[[Command], Command]:
    """Add the option `--q`, which filters images by prompt words."""
    return click.option(
        "--q", "query", metavar="WORDS", default="", help="Only images with these prompt words."
    )


def find_owner(owner: str, *, active: bool = False) -> Caller:
    """Return the caller that `--owner` names, or ANONYMOUS for "".

    Exit if the API key does not exist.

    Args:
        owner: name or id of an API key.
        active: exit if the key is revoked or expired, since it could not read new images.
    """
    if not owner:
        return ANONYMOUS
    with exit_on_error():
        api_keys = deps().api_keys
        key = api_keys.find(owner)
        if active and not key.is_live(api_keys.clock.now()):
            raise ApiKeyRejected(f"The API key {key.name} is revoked or expired. Use another key.")
        return key.caller
