"""The parameter of a variant that replaces colors."""

from typing import NamedTuple

from app.imaging.variants.values import Color, InvalidVariant, format_value, parse_color

MAX_RECOLORINGS = 8
PARAMETER = "recolor"
_FORM = "must be two colors such as ff0000:00aa44"


class Recoloring(NamedTuple):
    """A color to replace, and the color that takes its place."""

    source: Color
    target: Color

    @classmethod
    def parse(cls, text: str) -> "Recoloring":
        """Parse `from:to`, such as `ff0000:00aa44`.

        Raises:
            InvalidVariant: the text has another form.
        """
        source, _, target = text.partition(":")
        try:
            return cls(parse_color(source), parse_color(target))
        except ValueError:
            raise InvalidVariant(PARAMETER, _FORM) from None

    def __str__(self) -> str:
        return f"{format_value(self.source)}:{format_value(self.target)}"


def validate_recolor(pairs: tuple[Recoloring, ...]) -> tuple[Recoloring, ...]:
    """Return the pairs that change something, sorted, as their order makes no difference.

    Raises:
        InvalidVariant: there are too many, or a color is to be replaced twice.
    """
    if len(pairs) > MAX_RECOLORINGS:
        raise InvalidVariant(PARAMETER, f"can be used at most {MAX_RECOLORINGS} times")
    if len({pair.source for pair in pairs}) < len(pairs):
        raise InvalidVariant(PARAMETER, "must not replace a color twice")
    return tuple(sorted(pair for pair in pairs if pair.source != pair.target))
