"""Schemas of requests other than generations: notes about images, and prompts."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.http.contract.validation import JsonBody
from app.models.tags import MAX_TAG_CHARS, MAX_TAGS, normalize_tags
from app.usecases.images.prompts import MAX_COUNT


class OrganizeBody(JsonBody):
    """What to note about an image."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tags": ["fox", "Series 2"], "starred": True}]},
    )

    tags: Annotated[list[str], AfterValidator(normalize_tags)] | None = Field(
        None,
        max_length=MAX_TAGS,
        description=f"Replaces the tags. Each has at most {MAX_TAG_CHARS} characters; tags "
        "that differ only in case are the same.",
    )
    starred: bool | None = Field(None, description="Whether the image has a star.")

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if self.tags is None and self.starred is None:
            raise ValueError("Set `tags`, `starred` or both.")
        return self


class DeleteQuery(BaseModel):
    """How to delete an image."""

    model_config = ConfigDict(extra="forbid")

    purge: bool = Field(False, description="Delete it for good, also from the trash.")


class PromptsQuery(BaseModel):
    """Selects prompts."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(10, ge=1, le=MAX_COUNT, description="Number of prompts.")
    theme: Annotated[str, AfterValidator(str.strip)] = Field(
        "", max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", description="Subject of the prompts."
    )
