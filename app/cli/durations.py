"""How long something shall last, as an operator writes it."""

import re

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)


class Duration(click.ParamType[int]):
    """`90s`, `15m`, `12h`, `30d`: in seconds; `0s` only where nothing at all makes sense."""

    name = "duration"

    def __init__(self, *, or_none: bool = False) -> None:
        self._or_none = or_none

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds."""
        if self._or_none and value == "0s":
            return 0
        found = _DURATION.fullmatch(value)
        if found is None:
            self.fail("has to be like 90s, 15m, 12h or 30d.", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]
