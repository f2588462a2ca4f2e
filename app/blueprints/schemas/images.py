"""Schemas of requests and responses about images, prompts and health."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
)

from app.blueprints.schemas.cutout import StoredReport
from app.errors import Charged
from app.http.contract.error_schema import CandidateFailure
from app.http.contract.validation import JsonBody
from app.models import ImageRequest
from app.models.image_request import MAX_CANDIDATES
from app.models.prompts import CONTROL_CHARACTERS, MAX_PROMPT_CHARS

Quality = Literal["auto", "low", "medium", "high", "xhigh", "max"]
Size = Literal["1024x1024", "1536x1024", "1024x1536"]


def _validated_prompt(text: str) -> str:
    if not text.strip():
        raise ValueError("Must not be blank.")
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("Must not contain control characters.")
    return text


Prompt = Annotated[str, AfterValidator(_validated_prompt)]
RequestedQuality = Annotated[
    Quality | None,
    Field(description="Quality of the model's rendering; default: the server's setting."),
]
Candidates = Annotated[
    int,
    Field(
        ge=1,
        le=MAX_CANDIDATES,
        description="Number of images. Each is drawn, charged and stored by itself.",
    ),
]
PartialImages = Annotated[
    Annotated[int, Field(ge=0, le=3)] | None,
    Field(
        description="Number of previews in an event stream; each adds to the cost. Default: the "
        "server's setting."
    ),
]


class GenerateBody(JsonBody):
    """A request to generate an image."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"prompt": "A red fox reading a newspaper"}]},
    )

    prompt: Prompt = Field(
        min_length=1, max_length=MAX_PROMPT_CHARS, description="Describes the image."
    )
    enhance: bool = Field(False, description="Enrich the prompt with the text model first.")
    quality: RequestedQuality = None
    size: Size = Field("1024x1024", description="Size of the original, in pixels.")
    n: Candidates = 1
    dry_run: bool = Field(
        False, description="Only return the cost and the upstream requests; nothing is generated."
    )
    partial_images: PartialImages = None

    def image_request(self, *, partial_images: int = 0) -> ImageRequest:
        """Convert the body to an image request."""
        return ImageRequest(
            first_prompt=self.prompt,
            prompt=self.prompt.strip(),
            enhance=self.enhance,
            quality=self.quality or "",
            size=self.size,
            n=self.n,
            partial_images=partial_images,
        )


class Success(BaseModel):
    """The field that all successful responses share."""

    status: Literal["success"] = "success"


class OriginalResponse(BaseModel):
    """The original image from the provider, before the cutout."""

    width: int
    height: int
    format: str
    size_bytes: int
    sha256: str
    content_credentials: bool | None = Field(
        description="Whether it has a C2PA manifest, which is not verified. Null if not checked."
    )


class Image(BaseModel):
    """An image; `width` and `height` are the pixels of the image at `url`."""

    filename: str
    url: str = Field(description="The image's URL on this service.")
    image_url: str = Field(
        description="The URL of the object in the store, or `url` if it has none."
    )
    prompt: str = Field(description="The prompt without surrounding whitespace.")
    first_prompt: str = Field(description="The prompt, verbatim.")
    new_prompt: str = Field(description="The prompt sent to the image model.")
    created_at: datetime
    width: int
    height: int
    model: str
    provider: str = Field(description="`offline` means drawn by rules instead of an AI model.")
    charged: Charged
    cost_usd: float | None = Field(description="The cost, including `enhance`; null if unknown.")
    cutout: StoredReport = Field(description="The report on the cutout.")
    cutout_options: Mapping[str, Any] = Field(
        description="Options of the cutout that differ from the default; `mask` is true if there "
        "is one."
    )
    original: OriginalResponse | None
    parent: str | None = Field(
        description="File name of the image whose original this one was cut out from again."
    )
    parents: list[str] = Field(
        description="File names of the images that this one was edited or cut out from, in order."
    )
    replaced_by: str | None = Field(
        description="File name of the image that took the place of this one, whose URL redirects."
    )
    group: str | None = Field(description="Id that the candidates of one request share.")
    root: str | None = Field(description="File name of the image at the head of its lineage.")
    tags: list[str]
    starred: bool
    trashed_at: datetime | None = Field(
        description="When it was moved to the trash, where it stays for the server's TRASH_DAYS."
    )


class ImageResponse(Image, Success):
    """A single image."""


class CandidateImage(Image):
    """An image of a request for several."""

    index: int = Field(description="Which of the candidates it is, from 0.")


class GroupResponse(Success):
    """The candidates of a request with `n` above 1; at least one is an image."""

    group: str = Field(description="Identifies the group. Its images have it too.")
    images: list[CandidateImage] = Field(description="By `index`.")
    failures: list[CandidateFailure] = Field(
        description="By `index`. Repeating the request with the same `Idempotency-Key` draws "
        "those again that were not charged."
    )


class GroupDeletionResponse(Success):
    """The images of a group that were deleted."""

    deleted: list[str] = Field(description="Their file names.")


class UpstreamRequestResponse(BaseModel):
    """A request that would be sent to the provider."""

    method: str
    path: str = Field(description="Relative to the provider's base URL.")
    body: Mapping[str, Any]


class DryRunResponse(Success):
    """The result of a dry run."""

    dry_run: Literal[True] = True
    estimate_usd: float | None = Field(description="Maximum cost; null if the price is unknown.")
    requests: list[UpstreamRequestResponse] = Field(
        description="In order. With `enhance`, the last one contains the prompt before enrichment."
    )


class GenerateResponse(RootModel[ImageResponse | GroupResponse | DryRunResponse]):
    """An image, several candidates, or the result of a dry run."""


class ListResponse(Success):
    """A page of images, newest first."""

    images: list[Image]
    page: int | None = Field(description="Null if `cursor` was used.")
    limit: int
    total_pages: int
    total_images: int
    total_exact: bool = Field(description="False if `q` has more matches than the server counts.")
    next_cursor: str | None = Field(description="Null on the last page.")


class LineageResponse(ListResponse):
    """Where an image comes from, and a page of the images that were made from it."""

    filename: str
    root: str | None = Field(
        description="File name of the first image of the lineage; null if it is this one."
    )
    parents: list[Image] = Field(
        description="The images that it was edited or cut out from, without deleted ones."
    )


class PromptsResponse(Success):
    """Suggested prompts."""

    prompts: list[str]
    provider: str = Field(
        description="`offline` means combined from word lists instead of an AI model."
    )


class HealthResponse(Success):
    """The process responds."""


class PartResponse(BaseModel):
    """The state of a part."""

    kind: str
    up: bool
    required: bool


class ReadyResponse(Success):
    """Readiness of the service and its parts."""

    ready: bool
    parts: dict[str, PartResponse]
