"""Schemas of the report on a cutout, and of the areas that it lists."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypedDict

from app.models.images import Verdict

Fraction = Annotated[float, Field(ge=0, le=1)]


class EnclosedAreaResponse(TypedDict):
    """An enclosed area of the background's color, large enough to be visible.

    Lengths are fractions of the side of the square image, from its top left corner.
    """

    number: Annotated[
        int, Field(ge=1, le=24, description="The number for `holes`; 1 is the largest area.")
    ]
    box: Annotated[
        list[Fraction],
        Field(min_length=4, max_length=4, description="Left, top, width and height."),
    ]
    center: Annotated[
        list[Fraction],
        Field(min_length=2, max_length=2, description="x and y of a point deep inside the area."),
    ]
    share: Annotated[Fraction, Field(description="Size relative to the subject's silhouette.")]
    decision: Annotated[
        Literal["keep", "cut"], Field(description="Kept as part of the subject, or cut out.")
    ]
    chance: Annotated[Fraction, Field(description="Probability that it is part of the subject.")]


class CutoutResponse(TypedDict, total=False):
    """The report on a cutout; empty if the image was restored without its record."""

    background: Annotated[str, Field(description="Color that was found, as `#rrggbb`.")]
    coverage: Annotated[Fraction, Field(description="Mean opacity of the square.")]
    softness: Annotated[float, Field(description="Mean width of the edges, in pixels.")]
    holes_kept: Annotated[int, Field(description="Enclosed areas that were kept.")]
    holes_cut: Annotated[int, Field(description="Enclosed areas that were cut out.")]
    touches_border: bool
    shadow: Annotated[bool, Field(description="Whether a soft shadow was found.")]
    confidence: Annotated[Fraction, Field(description="Probability that the cutout is right.")]
    verdict: Annotated[
        Verdict,
        Field(description="`good`, `check` (inspect it) or `bad` (nothing useful was cut out)."),
    ]
    reasons: list[str]
    areas: Annotated[
        list[EnclosedAreaResponse],
        Field(max_length=24, description="Visible enclosed areas, largest first; see `holes`."),
    ]
    source: Annotated[
        Literal["model", "cutout"],
        Field(description="Where the transparency is from: the model, or the cutout."),
    ]


class _Stored:
    """Pydantic annotation: documented as `CutoutResponse`, passed on as it was stored.

    Records are valid already, and a damaged one must not make a list unreadable.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(TypeAdapter(CutoutResponse).core_schema)


StoredReport = Annotated[Mapping[str, Any], _Stored()]
