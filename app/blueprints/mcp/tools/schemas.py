"""Schemas of arguments and results of tools."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.blueprints.schemas.edits import ImageName
from app.blueprints.schemas.images import Image
from app.blueprints.schemas.usage import BudgetResponse, DayUsageResponse
from app.errors import Charged
from app.http.contract.error_schema import CandidateFailure
from app.http.contract.validation import JsonBody

# Of `Image`; the rest is of use to few, and every field of a list costs the model's attention.
_SUMMARY = (
    "filename",
    "url",
    "prompt",
    "created_at",
    "width",
    "height",
    "charged",
    "cost_usd",
    "parents",
    "group",
    "tags",
    "starred",
)


class ImageArguments(JsonBody):
    """Names an image."""

    filename: ImageName = Field(description="File name of the image, such as from list_images.")


class ImageSummary(BaseModel):
    """An image; `width` and `height` are the pixels of the image at `url`."""

    filename: str
    url: str = Field(
        description="Address of the image. If the server keeps images private, fetching it needs "
        "the API key."
    )
    prompt: str
    created_at: datetime
    width: int
    height: int
    charged: Charged = Field(description="Whether the image provider charged for it.")
    cost_usd: float | None = Field(description="Null if unknown.")
    verdict: str | None = Field(
        description="How well the background was removed: good, check (look at it) or bad."
    )
    parents: list[str] = Field(description="File names of the images that it was made from.")
    group: str | None = Field(description="Id that the candidates of one call share.")
    tags: list[str]
    starred: bool


class ImageList(BaseModel):
    """A page of images, newest first."""

    images: list[ImageSummary]
    total_images: int
    total_exact: bool = Field(description="False if there are more than the server counts.")
    next_cursor: str | None = Field(description="Null on the last page.")


class ImageDetails(Image):
    """All that is known of an image."""


class UsageReportResult(BaseModel):
    """Usage by day; days without usage are omitted."""

    account: str | None = Field(description="Name of the API key; null for the whole server.")
    budget: BudgetResponse | None
    days: list[DayUsageResponse]
    cost_usd: float


class DrawnImages(BaseModel):
    """The images of a call that draws."""

    images: list[ImageSummary]
    failures: list[CandidateFailure] = Field(description="Candidates without an image.")
    repeated: bool = Field(
        description="Whether an earlier call with the same arguments drew the images, so that this "
        "one cost nothing."
    )
    charged: Charged = Field(description="Whether the image provider charged for this call.")
    cost_usd: float | None = Field(description="What this call cost; null if unknown.")
    budget: BudgetResponse | None = Field(
        description="The budget after this call; null if there is none, or if it can't be read."
    )


class CostEstimateResult(BaseModel):
    """What a call would cost."""

    estimate_usd: float | None = Field(description="Maximum cost; null if the price is unknown.")
    images: int
    budget: BudgetResponse | None = Field(description="Null if there is none.")


class VariantResult(BaseModel):
    """Where a variant is."""

    url: str = Field(description="Address of the variant, which is rendered when it is fetched.")
    content_type: str
    size_bytes: int
    expires_at: datetime | None = Field(description="When the address ends; null for never.")


def summary_of(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ImageSummary from those of `image_fields`."""
    summary = {name: fields[name] for name in _SUMMARY}
    return summary | {"verdict": fields["cutout"].get("verdict")}
