"""What a variant is: everything that can be asked of an image, and one text for each wish."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from app.imaging.cutout.report import Holes
from app.imaging.variants.filters import Filter
from app.imaging.variants.outline_shadow import Outline, Shadow, checked_outline, checked_shadow
from app.imaging.variants.values import Color, InvalidVariant, Range, checked_color, written

Fit = Literal["contain", "cover", "fill"]
Format = Literal["png", "webp", "avif", "jpeg"]
Flip = Literal["", "h", "v", "hv"]

SIDE = 256  # px of the plain image
WHITE: Color = (255, 255, 255)
MAX_FILTERS = 8
RANGES: dict[str, Range] = {
    "width": Range(1, 2048, whole=True),
    "height": Range(1, 2048, whole=True),
    "quality": Range(1, 100, whole=True),
    "padding": Range(0, 512, whole=True),
    "brightness": Range(0, 4),
    "contrast": Range(0, 4),
    "saturation": Range(0, 4),
    "gamma": Range(0.1, 4),
    "sharpness": Range(0, 4),
    "hue": Range(-180, 180),
}
"""Of the fields that are numbers."""
QUALITY: dict[Format, int] = {"webp": 85, "avif": 65, "jpeg": 85}
"""What is taken where no quality is given. PNG has none."""
LOSSLESS = 100  # quality from which a WEBP loses nothing

_CHOICES = {
    "fit": get_args(Fit),
    "format": get_args(Format),
    "flip": get_args(Flip),
    "rotate": (0, 90, 180, 270),
    "holes": get_args(Holes),
}
_NAMES = {"width": "w", "height": "h", "filters": "filter"}  # on the wire, where they differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to show an image; without arguments it is the plain image.

    All lengths are in pixels of the result. Numbers are kept to thousandths. Work is done in this
    order: cut, rotate, flip, fit, adjustments (brightness, contrast, gamma, saturation, hue,
    sharpness), filters, outline, shadow, background, format.

    Attributes:
        width: of the result.
        height: of the result.
        fit: `contain` shows the whole square in the middle of the result, `cover` fills the
            result with its middle, `fill` stretches it.
        format: of the file.
        quality: 1..100; None for the usual one of the format. 100 makes a WEBP lossless.
        background: a color for what is transparent, or None. JPEG takes white for None.
        padding: left free on each side, inside of width and height.
        brightness: factor of all channels, 1 for unchanged.
        contrast: factor of the distance to mid-grey, 1 for unchanged.
        saturation: 0 is grey, 1 unchanged.
        gamma: 1 for unchanged, more is lighter.
        hue: degrees by which hues turn, 0 for unchanged.
        sharpness: 0 is smooth, 1 unchanged, more is sharper.
        filters: at most 8, in order.
        rotate: 0, 90, 180 or 270 degrees clockwise.
        flip: `h` swaps left and right, `v` top and bottom; after rotating.
        outline: (px, color), or None.
        shadow: (dx, dy, blur, color, opacity), or None.
        holes: what becomes of enclosed areas of background color when cutting, see `cutout`.

    Raises:
        InvalidVariant: a ValueError in words for callers, with the `parameter` that is wrong.
    """

    width: int = SIDE
    height: int = SIDE
    fit: Fit = "contain"
    format: Format = "png"
    quality: int | None = None
    background: Color | None = None
    padding: int = 0
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    gamma: float = 1.0
    hue: float = 0.0
    sharpness: float = 1.0
    filters: tuple[Filter, ...] = ()
    rotate: int = 0
    flip: Flip = ""
    outline: Outline | tuple[float, Color] | None = None
    shadow: Shadow | tuple[float, float, float, Color, float] | None = None
    holes: Holes = "auto"

    def __post_init__(self) -> None:
        for name, limits in RANGES.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, limits.checked(value, _NAMES.get(name, name)))
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                shown = ", ".join(str(choice) for choice in choices if choice != "")
                raise InvalidVariant(name, f"must be one of {shown}")
        if len(self.filters) > MAX_FILTERS:
            raise InvalidVariant("filter", f"may be given at most {MAX_FILTERS} times")
        if 2 * self.padding >= min(self.width, self.height):
            raise InvalidVariant("padding", "must leave room: less than half of the shorter side")
        if self.background is not None:
            checked_color(self.background, "background")
        object.__setattr__(self, "outline", checked_outline(self.outline))
        object.__setattr__(self, "shadow", checked_shadow(self.shadow))

    @property
    def content_type(self) -> str:
        """For the header of that name."""
        return f"image/{self.format}"

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height within the padding, px."""
        return self.width - 2 * self.padding, self.height - 2 * self.padding

    @property
    def side(self) -> int:
        """The side, in px, at which the square is shown, before `fill` stretches it."""
        return min(self.inner) if self.fit == "contain" else max(self.inner)

    @property
    def needs_original(self) -> bool:
        """Whether the stored image is not enough."""
        return self.side > SIDE or self.holes != "auto"

    @property
    def turned(self) -> tuple[int, bool]:
        """Degrees to rotate clockwise, and whether to swap left and right after it.

        The eight ways of laying a square, each in one form: `v` is `h` after half a turn.
        """
        half = 180 if "v" in self.flip else 0
        return (self.rotate + half) % 360, self.flip in {"h", "v"}

    def canonical(self) -> str:
        """The one text of this variant, in the form of a query; "" for the plain image.

        What differs from the plain image, as `name=value` in the order of names, joined by `&`.
        What can't make a difference is left out, such as the quality of a PNG. Equal texts mean
        equal images.
        """
        reported = {field.name: getattr(self, field.name) for field in fields(self)}
        reported["rotate"], mirrored = self.turned
        reported["flip"] = "h" if mirrored else ""
        reported["hue"] = 180.0 if self.hue == -180 else self.hue
        if self.quality == QUALITY.get(self.format, self.quality):
            reported["quality"] = None
        if self.format == "jpeg" and self.background == WHITE:
            reported["background"] = None
        if self.inner[0] == self.inner[1]:
            reported["fit"] = "contain"
        pairs = [
            (_NAMES.get(name, name), text)
            for name, value in reported.items()
            if value != _PLAIN[name]
            for text in _texts(value)
        ]
        pairs.sort(key=lambda pair: pair[0])  # stable, so filters keep their order
        return "&".join(f"{name}={text}" for name, text in pairs)


_PLAIN: dict[str, Any] = {field.name: field.default for field in fields(Variant)}


def _texts(value: Any) -> list[str]:
    """What is written of a field: one text, or one a filter."""
    if isinstance(value, Outline | Shadow):
        return [",".join(written(part) for part in value)]
    if isinstance(value, tuple) and value and isinstance(value[0], Filter):
        return [str(each) for each in value]
    return [value if isinstance(value, str) else written(value)]
