"""Schemas of requests and responses about files made from images."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from app.blueprints.schemas.variant import (
    BACKGROUND_TEXT,
    COLOR_TEXT,
    NumberInRange,
    VariantQuery,
    parse_background,
)
from app.imaging.exports.export import SHEET_SIDE, PackKind
from app.imaging.variants.values import Color, Range, parse_color
from app.models import object_keys
from app.usecases.images.archive import MAX_IMAGES

PALETTE = {
    "status": "success",
    "colors": [
        {
            "color": "#c4451d",
            "share": 0.5631,
            "oklch": {"lightness": 0.5597, "chroma": 0.1679, "hue": 38.0},
            "contrast": {"white": 5.08, "black": 4.13},
            "text": "white",
        },
        {
            "color": "#f7f2e9",
            "share": 0.4369,
            "oklch": {"lightness": 0.9629, "chroma": 0.0126, "hue": 82.4},
            "contrast": {"white": 1.11, "black": 18.84},
            "text": "black",
        },
    ],
}


class ExportQuery(BaseModel):
    """The signature of an address, if the server requires one."""

    model_config = ConfigDict(extra="forbid")

    expires: int | None = Field(
        None, ge=1, le=10**11, description="Expiry time of `sig`, in seconds since 1970."
    )
    sig: str = Field(
        "",
        max_length=100,
        description=VariantQuery.model_fields["sig"].description,
    )


class PackQuery(ExportQuery):
    """Selects a pack of files."""

    kind: PackKind = Field(description="Where the files are used.")
    background: Annotated[Color | None, PlainValidator(parse_color), COLOR_TEXT] = Field(
        None, description="The color below opaque files; default: white."
    )
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")
    ] = Field("", max_length=45, description="What the manifest of `pwa` calls the web app.")


def _image_ids(names: tuple[str, ...]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(object_keys.id_of_name(name) for name in names))
    if not all(map(object_keys.is_id, ids)):
        raise ValueError("Must be file names or ids of images.")
    if not 1 <= len(ids) <= MAX_IMAGES:
        raise ValueError(f"Must be 1 to {MAX_IMAGES} images.")
    return ids


class ArchiveQuery(BaseModel):
    """Selects the images of an archive."""

    model_config = ConfigDict(extra="forbid")

    image: Annotated[
        tuple[str, ...],
        PlainValidator(_image_ids),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"type": "string", "pattern": rf"^{object_keys.ID_PATTERN}(\.png)?$"},
                "minItems": 1,
                "maxItems": MAX_IMAGES,
            }
        ),
    ] = Field(description="A file name or id of an image; repeat for each.")


class SheetQuery(ArchiveQuery, ExportQuery):
    """Selects the images of a sheet, and its layout."""

    side: Annotated[int, NumberInRange(Range(8, 256, whole=True))] = Field(
        SHEET_SIDE, description="Side of each image, in pixels."
    )
    columns: Annotated[int, NumberInRange(Range(0, MAX_IMAGES, whole=True))] = Field(
        0, description="Images in a row; 0 for about as many as rows."
    )
    gap: Annotated[int, NumberInRange(Range(0, 32, whole=True))] = Field(
        0, description="Pixels between images."
    )
    background: Annotated[Color | None, PlainValidator(parse_background), BACKGROUND_TEXT] = Field(
        None, description="Color of transparent areas; default: `transparent`."
    )


class OklchResponse(BaseModel):
    """A color in OKLCH, as in CSS."""

    lightness: float = Field(description="0 for black to 1 for white.")
    chroma: float = Field(description="0 for gray to about 0.3.")
    hue: float = Field(description="In degrees; of no meaning for grays.")


class ContrastResponse(BaseModel):
    """Contrast ratios of WCAG 2."""

    white: float = Field(description="With white, 1 to 21.")
    black: float = Field(description="With black, 1 to 21.")


class PaletteColorResponse(BaseModel):
    """A color of a palette."""

    color: str = Field(description="As `#rrggbb`.")
    share: float = Field(description="Of the visible area, 0 to 1.")
    oklch: OklchResponse
    contrast: ContrastResponse
    text: Literal["white", "black"] = Field(description="What contrasts more with it.")


class PaletteResponse(BaseModel):
    """The main colors of an image, the largest share first."""

    status: str = Field("success", json_schema_extra={"const": "success"})
    colors: list[PaletteColorResponse]
