"""Parameters of the outline and the shadow of a variant."""

from typing import NamedTuple

from app.imaging.variants.values import Color, Range, validate_color

OUTLINE = Range(0, 64)  # px
OFFSET = Range(-256, 256)  # px, of a shadow to the right and downwards
BLUR = Range(0, 64)  # px, standard deviation of a shadow's blur
OPACITY = Range(0, 1)


class Outline(NamedTuple):
    """A border of one color around the subject, like a sticker's."""

    px: float
    color: Color

    def resized(self, scale: float) -> "Outline | None":
        """Return the outline for a result that is larger by a factor; None if it is invisible."""
        px = _scaled(self.px, scale)
        return self._replace(px=px) if px > 0 else None


class Shadow(NamedTuple):
    """The subject's drop shadow.

    Offset and blur (its standard deviation) are in px; opacity is 0..1.
    """

    dx: float
    dy: float
    blur: float
    color: Color
    opacity: float

    def resized(self, scale: float) -> "Shadow":
        """Return the shadow for a result that is larger by a factor."""
        dx, dy, blur = (_scaled(length, scale) for length in self[:3])
        return self._replace(dx=dx, dy=dy, blur=blur)


def validate_outline(values: tuple[float, Color] | None) -> Outline | None:
    """Check the ranges of an outline.

    Raises:
        InvalidVariant: a value is out of range.
    """
    if values is None:
        return None
    name = "outline"
    return Outline(OUTLINE.validate(values[0], name), validate_color(values[1], name))


def validate_shadow(
    values: tuple[float, float, float, Color, float] | None,
) -> Shadow | None:
    """Check the ranges of a shadow; return None for an invisible one.

    Raises:
        InvalidVariant: a value is out of range.
    """
    if values is None:
        return None
    dx, dy, blur, color, opacity = values
    name = "shadow"
    shadow = Shadow(
        OFFSET.validate(dx, name),
        OFFSET.validate(dy, name),
        BLUR.validate(blur, name),
        validate_color(color, name),
        OPACITY.validate(opacity, name),
    )
    return shadow if shadow.opacity > 0 else None


def _scaled(length: float, scale: float) -> float:
    return length if scale == 1 else round(length * scale, 3) + 0.0  # no negative zero
