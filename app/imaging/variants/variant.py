"""The parameters of a variant, validated, and their canonical text."""

from copy import copy
from dataclasses import InitVar, dataclass, fields, replace
from typing import Any, Literal, get_args

from app.imaging.cutout.options import CutoutOptions, HoleChoice, ShadowMode
from app.imaging.variants.filters import Filter
from app.imaging.variants.outline_shadow import Outline, Shadow, validate_outline, validate_shadow
from app.imaging.variants.recoloring import Recoloring, validate_recolor
from app.imaging.variants.values import Color, InvalidVariant, Range, format_value, validate_color

Fit = Literal["contain", "cover", "fill"]
Format = Literal["png", "webp", "avif", "jpeg", "ico", "svg"]
Flip = Literal["", "h", "v", "hv"]

SIDE = 256  # px of the stored image
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
"""The ranges of the numeric fields."""
DEFAULT_QUALITY: dict[Format, int] = {"webp": 85, "avif": 65, "jpeg": 85}
"""The quality if none is specified. PNG, ICO and SVG have none."""
LOSSLESS = 100  # quality at which a WEBP is lossless
MIN_ICON_SIDE = 48  # px: the largest image in an ICO

CONTENT_TYPES: dict[Format, str] = {"ico": "image/vnd.microsoft.icon", "svg": "image/svg+xml"}
"""The content types that are not named after their format."""

_CHOICES = {
    "fit": get_args(Fit),
    "format": get_args(Format),
    "flip": get_args(Flip),
    "rotate": (0, 90, 180, 270),
    "cutout_shadow": ("", *get_args(ShadowMode)),
}
_API_NAMES = {"width": "w", "height": "h", "filters": "filter"}  # where they differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rendering of a stored image; without arguments, the plain image.

    All lengths are in pixels of the result, of which an ICO has smaller copies. Numbers are rounded
    to thousandths. The order of steps is: cut, rotate, flip, fit, recolor, adjustments (brightness,
    contrast, gamma, saturation, hue, sharpness), filters, outline, shadow, background, format.

    Attributes:
        width: the width of the result.
        height: the height of the result.
        fit: `contain` centers the whole square in the result, `cover` fills the result and crops
            the rest, `fill` stretches.
        format: the file format.
        quality: 1..100; None for the format's default. 100 makes a WEBP lossless.
        background: the color of transparent areas, or None. JPEG uses white for None.
        padding: empty space on each side, within width and height.
        brightness: factor of all channels, 1 for unchanged.
        contrast: factor of the distance to mid-gray, 1 for unchanged.
        saturation: 0 is gray, 1 unchanged.
        gamma: 1 for unchanged, more is lighter.
        hue: rotation of hues in degrees, 0 for unchanged.
        sharpness: 0 is smooth, 1 unchanged, more is sharper.
        recolor: at most 8 colors to replace, in any order.
        filters: at most 8, in order.
        rotate: 0, 90, 180 or 270 degrees clockwise.
        flip: `h` swaps left and right, `v` top and bottom; after rotating.
        outline: (px, color), or None.
        shadow: (dx, dy, blur, color, opacity), or None.
        holes: how the cutout treats enclosed areas of background color; None for the choice that
            is stored with the image, which is `auto` unless the caller has decided otherwise.
        cutout_shadow: whether the cutout removes or keeps contact shadows; "" as stored.
        scale: an argument only: multiplies padding, outline, shadow and the lengths of filters,
            after their ranges have been checked.

    Raises:
        InvalidVariant: a parameter is invalid; the message is meant for callers of the API.
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
    recolor: tuple[Recoloring, ...] = ()
    filters: tuple[Filter, ...] = ()
    rotate: int = 0
    flip: Flip = ""
    outline: Outline | tuple[float, Color] | None = None
    shadow: Shadow | tuple[float, float, float, Color, float] | None = None
    holes: HoleChoice | None = None
    cutout_shadow: ShadowMode | Literal[""] = ""
    scale: InitVar[float] = 1.0

    def __post_init__(self, scale: float) -> None:
        for name, limits in RANGES.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, limits.validate(value, _API_NAMES.get(name, name)))
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                listed = ", ".join(str(choice) for choice in choices if choice != "")
                raise InvalidVariant(name, f"must be one of {listed}")
        if len(self.filters) > MAX_FILTERS:
            raise InvalidVariant("filter", f"can be used at most {MAX_FILTERS} times")
        self._validate_icon()
        if self.background is not None:
            validate_color(self.background, "background")
        object.__setattr__(self, "recolor", validate_recolor(self.recolor))
        if 2 * self.padding * scale >= min(self.width, self.height):
            raise InvalidVariant("padding", "must be less than half of the shorter side")
        object.__setattr__(self, "outline", validate_outline(self.outline))
        object.__setattr__(self, "shadow", validate_shadow(self.shadow))
        self._scale_lengths(scale)

    def _scale_lengths(self, scale: float) -> None:
        """Multiply all lengths by a factor; their ranges were checked before.

        The padding is rounded half up, and leaves at least a pixel.
        """
        padding = min(int(self.padding * scale + 0.5), (min(self.width, self.height) - 1) // 2)
        object.__setattr__(self, "padding", padding)
        object.__setattr__(self, "filters", tuple(each.resized(scale) for each in self.filters))
        for name in ("outline", "shadow"):
            value = getattr(self, name)
            object.__setattr__(self, name, value and value.resized(scale))

    def _validate_icon(self) -> None:
        if self.format != "ico":
            return
        for name, side in (("w", self.width), ("h", self.height)):
            if side < MIN_ICON_SIDE:
                raise InvalidVariant(name, f"must be at least {MIN_ICON_SIDE} for an ICO")
        if self.width != self.height:
            raise InvalidVariant("h", "must be equal to w for an ICO")

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return CONTENT_TYPES.get(self.format, f"image/{self.format}")

    @property
    def inner_size(self) -> tuple[int, int]:
        """Width and height within the padding, px."""
        return self.width - 2 * self.padding, self.height - 2 * self.padding

    @property
    def side(self) -> int:
        """Side of the square in px, before `fill` stretches it."""
        return min(self.inner_size) if self.fit == "contain" else max(self.inner_size)

    @property
    def needs_original(self) -> bool:
        """Whether the stored image is too small, or may be cut out differently."""
        return (
            self.side > SIDE
            or self.format == "svg"
            or self.holes is not None
            or self.cutout_shadow != ""
        )

    def raster(self, longer_side: int) -> "Variant":
        """Return the same variant as pixels, with a longer side in px."""
        scale = longer_side / max(self.width, self.height)
        drawn = copy(self)
        object.__setattr__(drawn, "format", "png")
        for name, side in (("width", self.width), ("height", self.height)):
            object.__setattr__(drawn, name, max(1, round(side * scale)))
        # Not by `replace`, which checks the ranges: they hold for the lengths as they were given.
        drawn._scale_lengths(scale)
        return drawn

    def cutout_options(self, stored: CutoutOptions) -> CutoutOptions:
        """Return the options for cutting out the original, from those of the stored image."""
        return replace(
            stored,
            holes=self.holes or stored.holes,
            shadow=self.cutout_shadow or stored.shadow,
        )

    @property
    def orientation(self) -> tuple[int, bool]:
        """Degrees to rotate clockwise, and whether to mirror afterwards.

        Mirroring swaps left and right.

        Each of the eight orientations of a square has one form: `v` is `h` after half a turn.
        """
        half = 180 if "v" in self.flip else 0
        return (self.rotate + half) % 360, self.flip in {"h", "v"}

    def canonical(self) -> str:
        """Return the canonical text as a query; "" for the plain image.

        It contains the parameters that differ from the plain image as `name=value`, sorted by name
        and joined by `&`. Parameters without effect are omitted, such as the quality of a PNG.
        Equal texts mean equal images.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["rotate"], mirrored = self.orientation
        values["flip"] = "h" if mirrored else ""
        values["hue"] = 180.0 if self.hue == -180 else self.hue
        if self.quality == DEFAULT_QUALITY.get(self.format, self.quality):
            values["quality"] = None
        if self.format == "jpeg" and self.background == WHITE:
            values["background"] = None
        if self.inner_size[0] == self.inner_size[1]:
            values["fit"] = "contain"
        pairs = [
            (_API_NAMES.get(name, name), text)
            for name, value in values.items()
            if value != _DEFAULTS[name]
            for text in _format_field(value)
        ]
        pairs.sort(key=lambda pair: pair[0])  # stable, so filters keep their order
        return "&".join(f"{name}={text}" for name, text in pairs)


_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Variant)}


def _format_field(value: Any) -> list[str]:
    """Format a field: one text, or one for each filter or replaced color."""
    if isinstance(value, HoleChoice):
        return [str(value)]
    if isinstance(value, Outline | Shadow):
        return [",".join(format_value(part) for part in value)]
    if isinstance(value, tuple) and value and isinstance(value[0], Filter | Recoloring):
        return [str(each) for each in value]
    return [value if isinstance(value, str) else format_value(value)]
