"""The filters by name, with their arguments and ranges."""

from copy import copy
from dataclasses import dataclass

from app.imaging.variants.values import (
    Color,
    InvalidVariant,
    Range,
    format_value,
    parse_color,
    parse_number,
    validate_color,
)

Value = float | Color
PARAMETER = "filter"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a filter.

    Attributes:
        name: the name in error messages.
        range: the range of a number; None for a color.
        default: the value if it is omitted; None if it is required.
        pixels: whether it is a length in output pixels, which grows with the output.
    """

    name: str
    range: Range | None
    default: Value | None
    pixels: bool = False


_AMOUNT = Argument("amount", Range(0.01, 1), 1.0)

FILTERS: dict[str, tuple[Argument, ...]] = {
    "grayscale": (_AMOUNT,),
    "sepia": (_AMOUNT,),
    "invert": (_AMOUNT,),
    "opacity": (Argument("amount", Range(0, 1), 0.5),),
    "posterize": (Argument("levels", Range(2, 64, whole=True), 4),),
    "solarize": (Argument("threshold", Range(0, 255, whole=True), 128),),
    "duotone": (Argument("dark color", None, None), Argument("light color", None, None)),
    "tint": (Argument("color", None, None), _AMOUNT),
    "blur": (Argument("px", Range(0.1, 64), 2.0, pixels=True),),
    "sharpen": (Argument("amount", Range(0.01, 4), 1.0),),
    "pixelate": (Argument("px", Range(2, 256), 8.0, pixels=True),),
}
"""Each filter's arguments in order; docs/variants.md describes what it does."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with all its arguments.

    `Filter("blur")` is `Filter("blur", (2.0,))`.

    Args:
        name: a key of `FILTERS`.
        values: its arguments; those omitted have their defaults.

    Raises:
        InvalidVariant: an unknown filter, or an argument that is missing, extra or out of range.
    """

    name: str
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        arguments = FILTERS.get(self.name)
        if arguments is None:
            raise InvalidVariant(PARAMETER, f"must be one of {', '.join(FILTERS)}")
        if len(self.values) > len(arguments):
            raise InvalidVariant(PARAMETER, f"{self.name} takes at most {len(arguments)} arguments")
        completed = (*self.values, *(a.default for a in arguments[len(self.values) :]))
        values = tuple(
            self._validate(value, argument)
            for value, argument in zip(completed, arguments, strict=True)
        )
        object.__setattr__(self, "values", values)

    def resized(self, scale: float) -> "Filter":
        """Return the same filter for a result that is larger by a factor.

        Lengths may become larger than the range, which was checked before, but not smaller.
        """
        if scale == 1:
            return self
        resized, arguments = copy(self), FILTERS[self.name]
        values = tuple(
            max(argument.range.low, round(value * scale, 3))
            if argument.pixels and argument.range and not isinstance(value, tuple)
            else value
            for value, argument in zip(self.values, arguments, strict=True)
        )
        object.__setattr__(resized, "values", values)
        return resized

    def _validate(self, value: Value | None, argument: Argument) -> Value:
        if value is None:
            raise InvalidVariant(PARAMETER, f"{self.name} requires a {argument.name}")
        try:
            if argument.range is None and isinstance(value, tuple):
                return validate_color(value, PARAMETER)
            if argument.range is not None and not isinstance(value, tuple):
                return argument.range.validate(value, PARAMETER)
        except InvalidVariant as e:
            raise InvalidVariant(PARAMETER, f"the {argument.name} of {self.name} {e}") from e
        kind = "color" if argument.range is None else "number"
        raise InvalidVariant(PARAMETER, f"the {argument.name} of {self.name} must be a {kind}")

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Parse `name` or `name:value,value`.

        Examples are `blur:2.5` and `duotone:001133,ffeecc`.

        Raises:
            InvalidVariant: the text has another form, or an argument is invalid.
        """
        name, colon, rest = text.partition(":")
        arguments = FILTERS.get(name, ())
        parts = rest.split(",") if colon else []
        if len(parts) > len(arguments):
            return cls(name, (0.0,) * len(parts))  # raises the error for too many arguments
        try:
            values = tuple(
                parse_color(part) if argument.range is None else parse_number(part)
                for part, argument in zip(parts, arguments, strict=False)
            )
        except ValueError as e:
            raise InvalidVariant(PARAMETER, f"an argument of {name} {e}") from e
        return cls(name, values)

    def scaled(self, factor: float) -> "Filter":
        """Return the same filter with lengths that are larger by a factor.

        Raises:
            InvalidVariant: a scaled length is out of range.
        """
        values = tuple(
            value * factor if argument.pixels and not isinstance(value, tuple) else value
            for value, argument in zip(self.values, FILTERS[self.name], strict=True)
        )
        return Filter(self.name, values)

    def __str__(self) -> str:
        return f"{self.name}:{','.join(format_value(value) for value in self.values)}"
