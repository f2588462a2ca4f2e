"""What an operator writes about a key: scopes, rate and budget."""

import re
from decimal import Decimal
from typing import Literal, cast

import click

from app.models import Budget, Rate, Scope

_BUDGET = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)/(day|month)", re.ASCII)
_MICROS = 1_000_000


class Scopes(click.ParamType[frozenset[Scope]]):
    """`generate,read`."""

    name = "scopes"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[Scope]:
        """Return the scopes."""
        names = {name.strip() for name in value.split(",")}
        if not names <= set(Scope):
            self.fail(f"has to be some of {', '.join(Scope)}, with commas.", param, ctx)
        return frozenset(map(Scope, names))


class RateText(click.ParamType[str]):
    """`30/minute`, or `off`."""

    name = "rate"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as it is."""
        try:
            if value:  # none leaves it to the server
                Rate.parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return value


class BudgetText(click.ParamType[Budget]):
    """`5.00/day`, `90/month`: in dollars."""

    name = "budget"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Budget:
        """Return the budget, exactly."""
        found = _BUDGET.fullmatch(value)
        micros = int(Decimal(found[1]) * _MICROS) if found else 0
        if found is None or not micros:
            self.fail(
                "has to be like 5.00/day or 90/month: more than nothing, in dollars with at most "
                "six places.",
                param,
                ctx,
            )
        return Budget(micros=micros, period=cast(Literal["day", "month"], found[2]))


def as_text(budget: Budget) -> str:
    """Write the budget as it would be given."""
    dollars, micros = divmod(budget.micros, _MICROS)
    places = f"{micros:06}".rstrip("0").ljust(2, "0")
    return f"{dollars}.{places}/{budget.period}"
