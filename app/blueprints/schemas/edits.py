"""Schema of requests to edit images."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from app.blueprints.schemas.cutouts import checked_png, decode_png
from app.blueprints.schemas.images import (
    Candidates,
    PartialImages,
    Prompt,
    RequestedQuality,
    Size,
)
from app.http.contract.validation import JsonBody
from app.models import ImageRequest, object_keys
from app.models.prompts import MAX_PROMPT_CHARS
from app.usecases.generation.edit_inputs import MAX_IMAGES, EditSources, FoundInputs

ImageName = Annotated[str, Field(pattern=f"^{object_keys.IMAGE_NAME_PATTERN}$")]
"""The file name of an image of this service."""


class EditBody(JsonBody):
    """A request to edit an image."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"prompt": "Make the scarf blue"}]},
    )

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
        description="File name of an uploaded PNG file of the image's size, whose original is "
        "transparent where the image is to be redrawn.",
    )
    mask_png: Annotated[str, AfterValidator(checked_png)] | None = Field(
        None, description="Such a PNG file in base64, instead of `mask`; at most 48 KB."
    )
    quality: RequestedQuality = None
    size: Size | None = Field(
        None, description="Size of the new original, in pixels; default: like the image."
    )
    n: Candidates = 1
    dry_run: bool = Field(
        False, description="Only return the cost and the upstream request; nothing is edited."
    )
    partial_images: PartialImages = None

    @model_validator(mode="after")
    def _has_one_mask(self) -> "EditBody":
        if self.mask is not None and self.mask_png is not None:
            raise ValueError("Give either `mask` or `mask_png`.")
        return self

    def sources(self, image_id: str) -> EditSources:
        """Return what to edit, which starts with this image."""
        return EditSources(
            image_ids=(image_id, *map(object_keys.id_of_name, self.images)),
            mask_id=object_keys.id_of_name(self.mask or ""),
            mask=decode_png(self.mask_png or ""),
        )

    def image_request(self, found: FoundInputs, *, partial_images: int = 0) -> ImageRequest:
        """Convert the body to an image request."""
        return ImageRequest(
            first_prompt=self.prompt,
            prompt=self.prompt.strip(),
            quality=self.quality or "",
            size=self.size or found.size,
            n=self.n,
            partial_images=partial_images,
            inputs=found.inputs,
            root=found.root,
        )
