"""Schema of the query for a variant of an image."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from app.http.contract.validation import LinkQuery
from app.imaging import Filter, HoleChoice, Outline, Shadow
from app.imaging.cutout.options import CHOICE_PATTERN
from app.imaging.variants.filters import FILTERS
from app.imaging.variants.recoloring import MAX_RECOLORINGS, Recoloring
from app.imaging.variants.values import Color, Range, parse_color, parse_number
from app.imaging.variants.variant import MAX_FILTERS, RANGES, SIDE, WHITE

DPR = Range(1, 4)
SCALE_FROM = Range(256, 2048, whole=True)  # px; the largest width is eight times the smallest

_BLACK: Color = (0, 0, 0)
_OPACITY = 0.5
_COLOR = "#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})"
_NUMBER = r"-?\d+(\.\d+)?"


@dataclass(frozen=True)
class NumberInRange:
    """Pydantic annotation for a decimal number in a range.

    Every error message states the range.
    """

    range: Range

    def parse(self, text: str) -> float:
        """Parse and check a number.

        Raises:
            ValueError: the text is not a number, or is out of range.
        """
        try:
            value = parse_number(text)
        except ValueError:
            value = math.nan  # NaN is out of every range
        return self.range.validate(value, "")

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        kind = "integer" if self.range.whole else "number"
        return {"type": kind, "minimum": self.range.low, "maximum": self.range.high}


def _filters(texts: tuple[str, ...]) -> tuple[Filter, ...]:
    return tuple(Filter.parse(text) for text in texts)


def _recolor(texts: tuple[str, ...]) -> tuple[Recoloring, ...]:
    return tuple(Recoloring.parse(text) for text in texts)


def parse_background(text: str) -> Color | None:
    """Parse a color, or `transparent` for None.

    Raises:
        ValueError: the text has another form.
    """
    return None if text == "transparent" else parse_color(text)


def _outline(text: str) -> Outline:
    width, comma, rest = text.partition(",")
    try:
        return Outline(parse_number(width), parse_color(rest) if comma else WHITE)
    except ValueError:
        raise ValueError(
            "must be a width in pixels and optionally a color, such as 4,#ffffff"
        ) from None


def _shadow(text: str) -> Shadow:
    try:
        dx, dy, blur, *rest = text.split(",")
        tint = parse_color(rest.pop(0)) if rest else _BLACK
        opacity = parse_number(rest.pop(0)) if rest else _OPACITY
        if rest:
            raise ValueError("too many parts")
        return Shadow(parse_number(dx), parse_number(dy), parse_number(blur), tint, opacity)
    except ValueError:
        raise ValueError(
            "must be right,down,blur in pixels and optionally a color and an opacity, "
            "such as 0,8,6,#000000,0.5"
        ) from None


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


COLOR_TEXT = _text(_COLOR)
BACKGROUND_TEXT = _text(f"(transparent|{_COLOR})")
_FILTERS = WithJsonSchema({"type": "array", "items": {"type": "string"}, "maxItems": MAX_FILTERS})


_RECOLOR = WithJsonSchema(
    {
        "type": "array",
        "items": {"type": "string", "pattern": f"^{_COLOR}:{_COLOR}$"},
        "maxItems": MAX_RECOLORINGS,
    }
)


class VariantQuery(LinkQuery):
    """Selects a variant; the default is the plain image of 256x256 pixels."""

    model_config = ConfigDict(extra="forbid")

    similar_names = frozenset({*RANGES, *FILTERS})

    w: Annotated[int | None, NumberInRange(RANGES["width"])] = Field(
        None, description=f"Width in pixels; default: the same as `h`, else {SIDE}."
    )
    h: Annotated[int | None, NumberInRange(RANGES["height"])] = Field(
        None, description=f"Height in pixels; default: the same as `w`, else {SIDE}."
    )
    fit: Literal["contain", "cover", "fill"] = Field(
        "contain",
        description="Fit the whole image, fill the area with its center, or stretch it.",
    )
    dpr: Annotated[float, NumberInRange(DPR)] = Field(
        1.0, description="Device pixel ratio, by which all lengths are multiplied."
    )
    scale_from: Annotated[int | None, NumberInRange(SCALE_FROM)] = Field(
        None,
        description="Width in pixels for which padding, outline, shadow, blur and pixelate are "
        "given; they are scaled to the width of the result. Default: they are not scaled.",
    )
    format: Literal["png", "webp", "avif", "jpeg", "ico", "svg", "auto"] = Field(
        "png",
        description="`auto`: the format that the Accept header prefers, the smallest of equals. "
        "`ico`: an icon with 16, 32 and 48 pixels. `svg`: shapes of flat colors.",
    )
    quality: Annotated[int | None, NumberInRange(RANGES["quality"])] = Field(
        None, description="Quality of WebP, AVIF and JPEG; the default depends on the format."
    )
    background: Annotated[Color | None, PlainValidator(parse_background), BACKGROUND_TEXT] = Field(
        None, description="A color, or `transparent`; default: white for JPEG, else `transparent`."
    )
    padding: Annotated[int, NumberInRange(RANGES["padding"])] = Field(
        0, description="Empty pixels on each side, within width and height."
    )
    brightness: Annotated[float, NumberInRange(RANGES["brightness"])] = Field(
        1.0, description="1 is unchanged."
    )
    contrast: Annotated[float, NumberInRange(RANGES["contrast"])] = Field(
        1.0, description="1 is unchanged."
    )
    saturation: Annotated[float, NumberInRange(RANGES["saturation"])] = Field(
        1.0, description="0 is gray, 1 is unchanged."
    )
    hue: Annotated[float, NumberInRange(RANGES["hue"])] = Field(
        0.0, description="Rotation of hues, in degrees."
    )
    gamma: Annotated[float, NumberInRange(RANGES["gamma"])] = Field(
        1.0, description="1 is unchanged, more is lighter."
    )
    sharpness: Annotated[float, NumberInRange(RANGES["sharpness"])] = Field(
        1.0, description="0 is smooth, 1 is unchanged, more is sharper."
    )
    recolor: Annotated[tuple[Recoloring, ...], PlainValidator(_recolor), _RECOLOR] = Field(
        (),
        description="A color to replace and its replacement, such as `ff0000:00aa44`, keeping "
        "shading and edges; repeat to replace several.",
    )
    filter: Annotated[tuple[Filter, ...], PlainValidator(_filters), _FILTERS] = Field(
        (), description="A filter, such as `sepia` or `blur:2`; repeat to apply several in order."
    )
    rotate: Literal["0", "90", "180", "270"] = Field("0", description="Degrees clockwise.")
    flip: Literal["", "h", "v", "hv"] = Field(
        "", description="Mirror horizontally, vertically or both, after rotating."
    )
    outline: Annotated[
        Outline | None, PlainValidator(_outline), _text(f"{_NUMBER}(,{_COLOR})?")
    ] = Field(
        None, description="Sticker outline: width in pixels, optionally a color (default: white)."
    )
    shadow: Annotated[
        Shadow | None,
        PlainValidator(_shadow),
        _text(f"{_NUMBER},{_NUMBER},{_NUMBER}(,{_COLOR}(,{_NUMBER})?)?"),
    ] = Field(
        None,
        description="Shadow: right, down and blur in pixels, optionally a color (default: black) "
        f"and an opacity (default: {_OPACITY}).",
    )
    holes: Annotated[
        HoleChoice | None,
        PlainValidator(HoleChoice.parse),
        WithJsonSchema({"type": "string", "pattern": CHOICE_PATTERN}),
    ] = Field(
        None,
        description="Enclosed areas of the background color: `auto` judges each, `keep` keeps all, "
        "`cut` cuts all; `keep:2,5` and `cut:1`, also joined by `;`, decide the areas of these "
        "numbers in `cutout.areas` and leave the rest to `auto`. Default: as stored.",
        examples=["keep", "keep:2,5", "keep:2;cut:1"],
    )
    cutout_shadow: Literal["", "cut", "keep"] = Field(
        "",
        description="Shadow that the subject casts in the original: remove it, or keep it as "
        "partial opacity. Default: as stored.",
    )
    expires: int | None = Field(
        None, ge=1, le=10**11, description="Expiry time of `sig`, in seconds since 1970."
    )
    sig: str = Field(
        "",
        max_length=100,
        description="Signature in hex or base64url, if the server requires one.",
    )
