"""How long something shall last, as an operator writes it."""

import re

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)


class Duration(click.ParamType[int]):
    """`90s`, `15m`, `12h`, `30d`: in seconds."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds."""
        found = _DURATION.fullmatch(value)
        if found is None:
            self.fail("has to be like 90s, 15m, 12h or 30d.", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]
