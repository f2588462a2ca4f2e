"""What goes over the wire: the forms of requests and answers."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    model_validator,
)

from app.blueprints.pagination import decode_cursor
from app.errors import Charged
from app.models import PageQuery
from app.models.prompts import fold
from app.usecases.images.prompts import MAX_COUNT

MAX_PROMPT_CHARS = 4000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Quality = Literal["auto", "low", "medium", "high", "xhigh", "max"]
Size = Literal["1024x1024", "1536x1024", "1024x1536"]


def _meaningful(text: str) -> str:
    if not text.strip():
        raise ValueError("Must not be blank.")
    if _CONTROL.search(text):
        raise ValueError("Must not contain control characters.")
    return text


class GenerateBody(BaseModel):
    """What to draw."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"prompt": "A red fox reading a newspaper"}]},
    )

    prompt: Annotated[str, AfterValidator(_meaningful)] = Field(
        min_length=1, max_length=MAX_PROMPT_CHARS, description="What to draw."
    )
    enhance: bool = Field(False, description="Let the text model enrich the prompt first.")
    quality: Quality | None = Field(
        None, description="How much work the model puts in; default: the server's setting."
    )
    size: Size = Field("1024x1024", description="Size of the original, in pixels.")
    dry_run: bool = Field(False, description="Only tell what it would cost and send; pay nothing.")
    partial_images: int | None = Field(
        None,
        ge=0,
        le=3,
        description="Images to show while it is drawn, if the answer is streamed; each costs "
        "something. Default: the server's setting.",
    )


class ListQuery(BaseModel):
    """Which part of the list."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=10**9, description="Page number, from 1.")
    limit: int = Field(10, ge=1, le=100, description="Images a page.")
    cursor: str | None = Field(
        None, max_length=200, description="`next_cursor` of the page before, instead of `page`."
    )
    q: str = Field("", max_length=200, description="Words that the prompts have to contain.")

    @model_validator(mode="after")
    def _one_way_to_page(self) -> Self:
        if self.cursor and "page" in self.model_fields_set:
            raise ValueError("Give page or cursor, not both.")
        if self.cursor:
            decode_cursor(self.cursor)
        return self

    def page_query(self, owner: str | None) -> PageQuery:
        """Return which page of the list to read; `owner` keeps the images of one caller."""
        after = decode_cursor(self.cursor) if self.cursor else None
        offset = 0 if after else (self.page - 1) * self.limit
        return PageQuery(
            limit=self.limit, offset=offset, after=after, words=fold(self.q), owner=owner
        )


class PromptsQuery(BaseModel):
    """Which prompts."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(10, ge=1, le=MAX_COUNT, description="How many.")
    theme: Annotated[str, AfterValidator(str.strip)] = Field(
        "", max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", description="What they are about."
    )


class Success(BaseModel):
    """What every answer starts with."""

    status: Literal["success"] = "success"


class OriginalResponse(BaseModel):
    """The image as it was drawn, before the cutout."""

    width: int
    height: int
    format: str
    size_bytes: int
    sha256: str
    content_credentials: bool | None = Field(
        description="Whether it has a C2PA manifest; unverified. Null if nobody has looked."
    )


class Image(BaseModel):
    """One image. `width` and `height` are those of the image at `url`, in pixels."""

    filename: str
    url: str = Field(description="The image's address on this service.")
    image_url: str = Field(description="The stored object's address, or `url` without S3.")
    prompt: str = Field(description="What was asked, without surrounding space.")
    first_prompt: str = Field(description="What was asked, verbatim.")
    new_prompt: str = Field(description="What was really drawn.")
    created_at: datetime
    width: int
    height: int
    model: str
    provider: str = Field(description="`offline` means drawn by rules, not by an AI model.")
    charged: Charged
    cost_usd: float | None = Field(description="What it cost, with enhancing; null if unknown.")
    cutout: Mapping[str, Any] = Field(description="What the cutout found.")
    original: OriginalResponse | None


class ImageResponse(Image, Success):
    """One image, in answer to a request for it."""


class UpstreamRequestResponse(BaseModel):
    """A request to the provider."""

    method: str
    path: str = Field(description="Below the provider's base address.")
    body: Mapping[str, Any]


class DryRunResponse(Success):
    """What a generation would cost and send."""

    dry_run: Literal[True] = True
    estimate_usd: float | None = Field(description="At most; null if the price is unknown.")
    requests: list[UpstreamRequestResponse] = Field(
        description="In their order. With `enhance`, the last one shows the prompt before that."
    )


class GenerateResponse(RootModel[ImageResponse | DryRunResponse]):
    """An image; or, for a dry run, what it would cost."""


class ListResponse(Success):
    """A page of images, newest first."""

    images: list[Image]
    page: int | None = Field(description="Null when a cursor was given.")
    limit: int
    total_pages: int
    total_images: int
    total_exact: bool = Field(description="False if `q` has more matches than were counted.")
    next_cursor: str | None = Field(description="Null on the last page.")


class PromptsResponse(Success):
    """Invented prompts."""

    prompts: list[str]
    provider: str = Field(
        description="`offline` means put together from lists, not by an AI model."
    )


class HealthResponse(Success):
    """The process answers."""


class PartResponse(BaseModel):
    """How a part is."""

    kind: str
    up: bool
    required: bool


class ReadyResponse(Success):
    """Whether the service can do its work."""

    ready: bool
    parts: dict[str, PartResponse]
