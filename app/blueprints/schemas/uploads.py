"""Schema of uploads."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from app.blueprints.schemas.cutouts import MAX_MASK_BYTES, CutoutFields
from app.errors import RequestTooLarge
from app.http.uploads.form import FormBody, FormFile
from app.models import Caller
from app.models.prompts import CONTROL_CHARACTERS, MAX_PROMPT_CHARS
from app.usecases.images.upload_image import UploadRequest


def _without_control_characters(text: str) -> str:
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("Must not contain control characters.")
    return text


class UploadBody(CutoutFields, FormBody):
    """An image made elsewhere, as a form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"file": "fox.png", "prompt": "A red fox", "holes": "keep"}]
        }
    )

    file: FormFile = Field(
        description="The image, a PNG, WEBP or JPEG file of at most 8.3 megapixels, within the "
        "server's `UPLOAD_MAX_MB`."
    )
    prompt: Annotated[str, AfterValidator(_without_control_characters)] = Field(
        "", max_length=MAX_PROMPT_CHARS, description="What the image shows, for the list."
    )
    mask: FormFile | None = Field(
        None,
        description="A PNG file of at most 1 MB, stretched over the image: black erases, white "
        "restores, middle gray and transparent pixels change nothing.",
    )

    def request(self, caller: Caller) -> UploadRequest:
        """Convert the form to a request.

        Raises:
            InvalidRequest: an option is invalid.
            RequestTooLarge: the mask is larger than its limit.
        """
        mask = self.mask.read(MAX_MASK_BYTES + 1) if self.mask else b""
        if len(mask) > MAX_MASK_BYTES:
            raise RequestTooLarge(message="The mask is larger than 1 MB. Send a smaller one.")
        return UploadRequest(
            file=self.file, prompt=self.prompt, options=self.options(), mask=mask, caller=caller
        )
