"""Schema of requests for another cutout of an image."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.errors import InvalidRequest
from app.http.contract.validation import JsonBody
from app.imaging import CutoutOptions, HoleChoice, InvalidOption
from app.imaging.cutout.options import CHOICE_PATTERN, MAX_TOLERANCE
from app.usecases.images.create_cutout import CutoutRequest

MAX_MASK_BYTES = 1_000_000
_MAX_BASE64_CHARS = 4 * ((MAX_MASK_BYTES + 2) // 3)
_DATA_URL = "data:image/png;base64,"


def decode_png(text: str) -> bytes:
    """Decode base64; a canvas in a browser adds the start of a data URL."""
    return base64.b64decode(text.removeprefix(_DATA_URL), validate=True)


def checked_png(text: str) -> str:
    """Return a text in base64.

    Raises:
        ValueError: it isn't.
    """
    try:
        decode_png(text)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Must be a PNG file in base64.") from error
    return text


class CutoutFields(BaseModel):
    """Options of a cutout."""

    holes: str = Field(
        "auto",
        pattern=CHOICE_PATTERN,
        description="Enclosed areas of the background color: `auto` judges each, `keep` keeps all, "
        "`cut` cuts all; `keep:2,5` and `cut:1`, also joined by `;`, decide the areas of these "
        "numbers in `cutout.areas`.",
        examples=["keep", "keep:2,5", "keep:2;cut:1"],
    )
    shadow: Literal["cut", "keep"] = Field(
        "cut",
        description="Shadow that the subject casts: remove it, or keep it as partial opacity.",
    )
    background: str | None = Field(
        None,
        pattern="^#[0-9a-fA-F]{6}$",
        description="Color of the background as `#rrggbb`. Default: as measured.",
    )
    tolerance: int | None = Field(
        None,
        ge=0,
        le=MAX_TOLERANCE,
        description="Levels by which the background may differ from its color. Default: as "
        "measured.",
    )

    def options(self) -> CutoutOptions:
        """Convert the fields to options, without the mask.

        Raises:
            InvalidRequest: an option is invalid.
        """
        try:
            return CutoutOptions(
                holes=HoleChoice.parse(self.holes),
                shadow=self.shadow,
                background=(self.background or "").lower(),
                tolerance=self.tolerance,
            )
        except InvalidOption as error:
            raise InvalidRequest.of_field(error.option, str(error)) from None


class CutoutBody(CutoutFields, JsonBody):
    """A request to cut an image out of its original again, with other options."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"holes": "keep", "tolerance": 8}]},
    )

    mask: Annotated[str, AfterValidator(checked_png)] | None = Field(
        None,
        max_length=len(_DATA_URL) + _MAX_BASE64_CHARS,
        description="A PNG file of at most 1 MB in base64, stretched over the original: black "
        "erases, white restores, middle gray and transparent pixels change nothing.",
    )
    replace: bool = Field(
        False,
        description="Let the new image take the place of this one, whose URL then redirects to it.",
    )

    def request(self, parent_id: str, *, owner: str | None) -> CutoutRequest:
        """Convert the body to a request for a cutout of an image.

        Raises:
            InvalidRequest: an option is invalid.
        """
        return CutoutRequest(
            parent_id=parent_id,
            options=self.options(),
            mask=decode_png(self.mask or ""),
            replace=self.replace,
            owner=owner,
        )
