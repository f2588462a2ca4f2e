"""What can be asked for to lie under the subject: an outline and a shadow."""

from typing import NamedTuple

from app.imaging.variants.values import Color, Range, checked_color

OUTLINE = Range(0, 64)  # px
OFFSET = Range(-256, 256)  # px, of a shadow to the right and downwards
SPREAD = Range(0, 64)  # px, standard deviation of a shadow's blur
OPACITY = Range(0, 1)


class Outline(NamedTuple):
    """A rim of one color round the subject, like a sticker's."""

    px: float
    color: Color


class Shadow(NamedTuple):
    """A shadow that the subject casts: offset in px, standard deviation in px, opacity 0..1."""

    dx: float
    dy: float
    blur: float
    color: Color
    opacity: float


def checked_outline(given: tuple[float, Color] | None) -> Outline | None:
    """Return the outline if it is within its ranges, or None if nothing would be seen of it."""
    if given is None:
        return None
    name = "outline"
    made = Outline(OUTLINE.checked(given[0], name), checked_color(given[1], name))
    return made if made.px > 0 else None


def checked_shadow(given: tuple[float, float, float, Color, float] | None) -> Shadow | None:
    """Return the shadow if it is within its ranges, or None if nothing would be seen of it."""
    if given is None:
        return None
    dx, dy, blur, color, opacity = given
    name = "shadow"
    made = Shadow(
        OFFSET.checked(dx, name),
        OFFSET.checked(dy, name),
        SPREAD.checked(blur, name),
        checked_color(color, name),
        OPACITY.checked(opacity, name),
    )
    return made if made.opacity > 0 else None
