"""Schemas of the arguments of tools that draw or change images."""

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)
from pydantic_core import CoreSchema

from app.blueprints.mcp.tools.schemas import ImageArguments
from app.blueprints.schemas.cutouts import CutoutFields
from app.blueprints.schemas.edits import EditBody, ImageName
from app.blueprints.schemas.images import Candidates, GenerateBody, Prompt, RequestedQuality, Size
from app.blueprints.schemas.variant import VariantQuery
from app.http.contract.validation import JsonBody
from app.models.prompts import MAX_PROMPT_CHARS
from app.usecases.generation.edit_inputs import MAX_IMAGES

Again = Annotated[
    bool,
    Field(
        description="Pay for a further image, even if an equal call was made within ten minutes. "
        "Otherwise such a call returns that one's image. Not for a repetition after a timeout."
    ),
]
_NOT_OF_BODIES = {"again", "filename"}
_REPEATABLE = ("filter",)
_SIGNATURE = ("expires", "sig")  # the service adds them itself


class GenerateArguments(JsonBody):
    """What to generate."""

    prompt: Prompt = Field(
        min_length=1,
        max_length=MAX_PROMPT_CHARS,
        description="Describes a single subject. A plain background is added, which is then "
        "removed.",
    )
    enhance: bool = Field(False, description="Enrich the prompt with a text model first.")
    quality: RequestedQuality = None
    size: Size = Field("1024x1024", description="Size of the stored original, in pixels.")
    n: Candidates = 1
    again: Again = False

    def body(self) -> GenerateBody:
        """Return the body of the REST API that requests the same."""
        return GenerateBody(**self.model_dump(exclude=_NOT_OF_BODIES))


class EditArguments(ImageArguments):
    """What to edit, and how."""

    prompt: Prompt = Field(
        min_length=1, max_length=MAX_PROMPT_CHARS, description="Describes the change."
    )
    images: list[ImageName] = Field(
        [],
        max_length=MAX_IMAGES - 1,
        description="File names of further images that the prompt refers to.",
    )
    mask: ImageName | None = Field(
        None,
        description="File name of an uploaded PNG file of the image's size, which is transparent "
        "where the image is to be redrawn.",
    )
    quality: RequestedQuality = None
    size: Size | None = Field(None, description="Size of the new original; default: as before.")
    n: Candidates = 1
    again: Again = False

    def body(self) -> EditBody:
        """Return the body of the REST API that requests the same."""
        return EditBody(**self.model_dump(exclude=_NOT_OF_BODIES))


class EstimateArguments(JsonBody):
    """The arguments of generate_image, or with `filename` those of edit_image."""

    prompt: Prompt = Field(min_length=1, max_length=MAX_PROMPT_CHARS)
    filename: ImageName | None = Field(None, description="The image to edit, for an edit.")
    enhance: bool = Field(False, description="Only of generate_image.")
    quality: RequestedQuality = None
    size: Size | None = None
    n: Candidates = 1

    def of_call(self) -> GenerateArguments | EditArguments:
        """Return the arguments of the call whose cost is asked for."""
        given = self.model_dump(exclude_defaults=True)
        if self.filename is None:
            return GenerateArguments(**given)
        given.pop("enhance", None)
        return EditArguments(**given)


class CutoutArguments(CutoutFields, ImageArguments):
    """Which image to cut out again, and how."""

    replace: bool = Field(
        False,
        description="Let the new image take the place of this one, whose address then redirects.",
    )


class VariantArguments(VariantQuery):
    """Which image to render, and how. Numbers may be sent as numbers or as text."""

    filename: ImageName = Field(description="File name of the image.")
    _query: str = PrivateAttr("")

    @property
    def query(self) -> str:
        """The query of the address, without a signature."""
        return self._query

    @model_validator(mode="wrap")
    @classmethod
    def _read_as_query(
        cls, values: Any, handler: ModelWrapValidatorHandler["VariantArguments"]
    ) -> "VariantArguments":
        if not isinstance(values, dict):
            return handler(values)
        if any(name in values for name in _SIGNATURE):
            raise ValueError("Signatures are added by the service.")
        texts = {name: _texts(name, value) for name, value in values.items() if value is not None}
        arguments = handler(texts)
        texts.pop("filename", None)
        arguments._query = urlencode(texts, doseq=True)
        return arguments

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        document = handler.resolve_ref_schema(handler(schema))
        for name in _SIGNATURE:
            document["properties"].pop(name, None)
        return document


def _texts(name: str, value: object) -> str | tuple[str, ...]:
    """Return a JSON value as it would be in a query, where some parameters can be repeated."""
    if name not in _REPEATABLE:
        return _text(value)
    return tuple(_text(item) for item in (value if isinstance(value, list) else [value]))


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("Values must be strings or numbers.")  # noqa: TRY004 - reason: Pydantic's
    return str(value)
