"""Numbers and colors of a variant: ranges, parsing and formatting."""

import re
from dataclasses import dataclass

Color = tuple[int, int, int]
"""Red, green and blue, 0..255, sRGB."""

_NUMBER = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,6})?", re.ASCII)
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.ASCII | re.IGNORECASE)


class InvalidVariant(ValueError):
    """The parameters do not form a valid variant.

    Attributes:
        parameter: the name of the invalid parameter in the API, such as `w`.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(problem)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a parameter accepts; `whole` allows no fractions."""

    low: float
    high: float
    whole: bool = False

    def __str__(self) -> str:
        return f"{format_value(self.low)} to {format_value(self.high)}"

    def validate(self, value: float, parameter: str) -> float:
        """Return the value, rounded to thousandths.

        Raises:
            InvalidVariant: the value is out of range, has a fraction where none is allowed, or is
                not a number.
        """
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            kind = "a whole number from" if self.whole else "a number from"
            raise InvalidVariant(parameter, f"must be {kind} {self}")
        return int(value) if self.whole else round(value, 3) + 0.0  # no negative zero


def parse_number(text: str) -> float:
    """Parse a number such as `2` or `-0.5`, without exponent or plus sign.

    Raises:
        ValueError: the text has another form.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number such as 2 or 0.5")
    return float(text)


def parse_color(text: str) -> Color:
    """Parse `#rrggbb`, `rrggbb`, `#rgb` or `rgb`.

    Raises:
        ValueError: the text has another form.
    """
    match = _HEX.fullmatch(text)
    if match is None:
        raise ValueError("must be a color such as #rrggbb")
    digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def format_value(value: float | Color) -> str:
    """Return the canonical text of a number or a color: `0.5`, `2`, `ff8800`."""
    if isinstance(value, tuple):
        return bytes(value).hex()
    return f"{value:.3f}".rstrip("0").rstrip(".")


def validate_color(value: Color, parameter: str) -> Color:
    """Return the color.

    Raises:
        InvalidVariant: the color does not consist of three whole numbers from 0 to 255.
    """
    if len(value) != 3 or any(level not in range(256) for level in value):
        raise InvalidVariant(parameter, "must be a color of three whole numbers from 0 to 255")
    red, green, blue = (int(level) for level in value)
    return red, green, blue
