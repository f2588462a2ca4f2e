"""Schemas of OpenAI's requests and responses about images and models."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.blueprints.openai_compatible.output import MAX_SIDE, MIN_SIDE, ImageOutput
from app.blueprints.schemas.images import Candidates, Prompt
from app.errors import InvalidRequest
from app.http.contract.validation import JsonBody
from app.http.uploads.form import FormFile, MultipartBody
from app.http.uploads.json_form import FileReference, JsonForm
from app.models import ImageRequest
from app.models.prompts import MAX_PROMPT_CHARS
from app.usecases.generation.edit_inputs import MAX_IMAGES, FoundInputs, size_like

_SIZE = re.compile(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})")
_QUALITIES = {"auto": "", "standard": "medium", "hd": "high"}
_WITHOUT_EFFECT = (
    *("user", "safety_identifier", "style", "moderation", "complexity", "input_fidelity"),
)
_IGNORED = "Accepted without effect; the header `X-Ignored-Parameters` names it."


def _checked_size(text: str) -> str:
    if text == "auto":
        return text
    found = _SIZE.fullmatch(text)
    if not (found and all(MIN_SIDE <= int(side) <= MAX_SIDE for side in found.groups())):
        raise ValueError(f"Must be auto, or WIDTHxHEIGHT from {MIN_SIDE} to {MAX_SIDE} pixels.")
    return text


class ImageParameters(BaseModel):
    """The parameters that generations and edits share."""

    prompt: Prompt = Field(
        min_length=1, max_length=MAX_PROMPT_CHARS, description="Describes the image or the change."
    )
    model: str | None = Field(
        None,
        max_length=200,
        description="The image model or an alias of it, see `GET /v1/models`; default: the model.",
    )
    n: Candidates = 1
    size: Annotated[str, AfterValidator(_checked_size)] = Field(
        "auto",
        json_schema_extra={"pattern": r"^(auto|[1-9][0-9]{2,3}x[1-9][0-9]{2,3})$"},
        description=f"Size of the image: {MIN_SIDE} to {MAX_SIDE} pixels on each side, such as "
        "`512x512`; `auto` is the size in which the model draws.",
    )
    quality: Literal["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"] = Field(
        "auto",
        description="`standard` is `medium`, `hd` is `high`, `auto` is the server's setting.",
    )
    background: Literal["auto", "transparent", "opaque"] = Field(
        "auto",
        description="`transparent` is the cutout, `opaque` the image as it was drawn; `auto` is "
        "the cutout, which a JPEG has on white.",
    )
    output_format: Literal["png", "webp", "jpeg"] = "png"
    output_compression: int | None = Field(
        None, ge=0, le=100, description="Quality of a WEBP or JPEG; default: 100."
    )
    response_format: Literal["url", "b64_json"] | None = Field(
        None, description="Default: `url` for `dall-e-2` and `dall-e-3`, otherwise `b64_json`."
    )
    stream: bool = Field(False, description="Respond with OpenAI's server-sent events.")
    partial_images: int = Field(
        0, ge=0, le=3, description="Number of previews in a stream; each adds to the cost."
    )
    user: str | None = Field(None, description=_IGNORED)
    safety_identifier: str | None = Field(None, description=_IGNORED)
    moderation: str | None = Field(None, description=_IGNORED)
    complexity: str | None = Field(None, description=_IGNORED)

    @property
    def ignored(self) -> list[str]:
        """The parameters that were sent and have no effect."""
        return [name for name in _WITHOUT_EFFECT if getattr(self, name, None) is not None]

    def output(self) -> ImageOutput:
        """Return what the response contains.

        Raises:
            InvalidRequest: parameters contradict each other.
        """
        if self.output_format == "png" and self.output_compression not in {None, 100}:
            raise InvalidRequest.of_field("output_compression", "must be 100 for a PNG")
        if self.output_format == "jpeg" and self.background == "transparent":
            raise InvalidRequest.of_field("background", "a JPEG can't be transparent")
        is_legacy = (self.model or "") in {"dall-e-2", "dall-e-3"}
        as_url = (self.response_format or ("url" if is_legacy else "b64_json")) == "url"
        if as_url and self.background == "opaque":
            raise InvalidRequest.of_field(
                "response_format", "must be b64_json with an opaque background"
            )
        return ImageOutput(
            size=self.size,
            format=self.output_format,
            quality=100 if self.output_compression is None else max(1, self.output_compression),
            is_opaque=self.background == "opaque",
            as_url=as_url and not self.stream,
        )

    def image_request(self, found: FoundInputs | None = None) -> ImageRequest:
        """Convert the parameters to an image request, or to an edit of what was found."""
        auto = found.size if found else "1024x1024"
        sides = _SIZE.fullmatch(self.size)
        return ImageRequest(
            first_prompt=self.prompt,
            prompt=self.prompt.strip(),
            quality=_QUALITIES.get(self.quality, self.quality),
            size=size_like(*map(int, sides.groups())) if sides else auto,
            n=self.n,
            partial_images=self.partial_images if self.stream else 0,
            inputs=found.inputs if found else (),
            root=found.root if found else "",
        )


class ImageGenerationBody(ImageParameters, JsonBody):
    """A request to generate images, as OpenAI defines it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"prompt": "A red fox reading a newspaper", "size": "512x512"}]
        },
    )

    style: str | None = Field(None, description=_IGNORED)


class ImageEditBody(ImageParameters, JsonForm):
    """A request to edit images as JSON, as OpenAI defines it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "images": [{"image_url": "data:image/png;base64,iVBORw0KGgo..."}],
                    "prompt": "Make the scarf blue",
                }
            ]
        }
    )
    file_fields: ClassVar[Mapping[str, str]] = {"images": "image", "mask": "mask"}

    images: list[FileReference] = Field(
        min_length=1, max_length=MAX_IMAGES, description="PNG, WEBP or JPEG files."
    )
    mask: FileReference | None = Field(None, description="See the form.")
    input_fidelity: str | None = Field(None, description=_IGNORED)


class ImageEditForm(ImageParameters, MultipartBody):
    """A request to edit images, as OpenAI defines it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"image": "fox.png", "prompt": "Make the scarf blue"}]}
    )
    json_form: ClassVar[type[JsonForm] | None] = ImageEditBody

    image: tuple[FormFile, ...] = Field(
        min_length=1,
        max_length=MAX_IMAGES,
        description="PNG, WEBP or JPEG files, together of at most the server's `UPLOAD_MAX_MB`. "
        "The name of the part may end with `[]`.",
    )
    mask: FormFile | None = Field(
        None,
        description="A PNG file of the first image's size, which is transparent where the image "
        "is to be redrawn.",
    )
    input_fidelity: str | None = Field(None, description=_IGNORED)


class OpenAIImage(BaseModel):
    """An image: its bytes or its URL."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str = Field(description="The prompt sent to the image model.")


class InputTokensDetails(BaseModel):
    """Tokens of a request, by kind."""

    text_tokens: int
    image_tokens: int


class OpenAIUsage(BaseModel):
    """The tokens that the image model used for all images of the response."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    total_tokens: int


class ImagesResponse(BaseModel):
    """The images of a request, as OpenAI returns them."""

    created: int = Field(description="Seconds since 1970.")
    data: list[OpenAIImage]
    background: Literal["transparent", "opaque"]
    output_format: Literal["png", "webp", "jpeg"]
    quality: str
    size: str
    usage: OpenAIUsage | None = Field(description="Null if the image model does not report it.")


class ModelResponse(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelListResponse(BaseModel):
    """The models."""

    object: Literal["list"] = "list"
    data: list[ModelResponse]


def without_unset(response: ImagesResponse) -> dict[str, Any]:
    """Return the body, in which an image has either bytes or a URL."""
    body = response.model_dump()
    body["data"] = [image.model_dump(exclude_none=True) for image in response.data]
    return body
