"""POST /v1/images/generations and POST /v1/images/edits."""

from typing import BinaryIO

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.generated_response import claim_for
from app.blueprints.generation import PAID_ERRORS
from app.blueprints.openai_compatible.generation import key_of, respond
from app.blueprints.openai_compatible.models import check_model
from app.blueprints.openai_compatible.schemas import (
    ImageEditForm,
    ImageGenerationBody,
    ImageParameters,
    ImagesResponse,
)
from app.blueprints.uploads import store_upload
from app.errors import InvalidRequest
from app.http.contract.decorator import Contract, IgnoredQuery, contract
from app.models import Scope
from app.usecases.generation.edit_inputs import EditSources

blueprint = Blueprint("openai_images", __name__, url_prefix="/v1/images")

_ERRORS = (
    *PAID_ERRORS,
    errors.ImageDamaged,
    errors.ImageNotFound,
    errors.ModelNotFound,
    errors.OriginalMissing,
    errors.Overloaded,
    errors.VariantsBusy,
)

_IMAGES = {
    "created": 1795348200,
    "data": [
        {
            "b64_json": "iVBORw0KGgo...",
            "revised_prompt": "A red fox reading a newspaper. On a plain white background.",
        }
    ],
    "background": "transparent",
    "output_format": "png",
    "quality": "medium",
    "size": "512x512",
    "usage": {
        "input_tokens": 36,
        "input_tokens_details": {"text_tokens": 36, "image_tokens": 0},
        "output_tokens": 1756,
        "total_tokens": 1792,
    },
}
_STREAM = (
    "event: image_generation.partial_image\n"
    'data: {"type":"image_generation.partial_image","b64_json":"UklGR..."}\n'
    "\n"
    "event: image_generation.completed\n"
    'data: {"type":"image_generation.completed","b64_json":"iVBORw0KGgo...","size":"512x512"}\n\n'
)


def _count_images(body: ImageParameters) -> int:
    return body.n


@blueprint.post("/generations")
@contract(
    Contract(
        tag="openai",
        scope=Scope.GENERATE,
        limit="generate",
        images=_count_images,
        body=ImageGenerationBody,
        response=ImagesResponse,
        examples={"image": _IMAGES},
        stream_example=_STREAM,
        idempotent=True,
        is_openai=True,
        query=IgnoredQuery,
        streams=True,
        errors=_ERRORS,
    )
)
def create_images(body: ImageGenerationBody, idempotency_key: str | None) -> Response:
    """Generate images as OpenAI's API does.

    The images are drawn, charged, stored and listed like those of `POST /generate-image`, and
    returned as cutouts in the requested size and format. A request whose
    `x-stainless-retry-count` is above 0 gets the result of the first one with the same body, and
    one with an `Idempotency-Key` that of the first one with the same key.
    """
    check_model(body.model)
    body.output()  # refused before anything is drawn
    key = key_of(body, idempotency_key, "/v1/images/generations")
    return respond(body.image_request(), body, key, event_type="image_generation")


@blueprint.post("/edits")
@contract(
    Contract(
        tag="openai",
        scope=Scope.GENERATE,
        limit="generate",
        images=_count_images,
        form=ImageEditForm,
        response=ImagesResponse,
        examples={"image": _IMAGES},
        stream_example=_STREAM,
        idempotent=True,
        is_openai=True,
        query=IgnoredQuery,
        streams=True,
        errors=(
            *_ERRORS,
            errors.EditsUnsupported,
            errors.InvalidMask,
            errors.UploadQuotaExceeded,
        ),
    )
)
def edit_images(body: ImageEditForm, idempotency_key: str | None) -> Response:
    """Edit images as OpenAI's API does.

    Each file becomes an upload, as by `POST /images`, and the first one is edited, as by
    `POST /images/{filename}/edits`. Everything else is as for `POST /v1/images/generations`.
    """
    check_model(body.model)
    body.output()  # refused before anything is stored
    images = [_upload("image", file) for file in body.image]
    mask = _upload("mask", body.mask) if body.mask else ""
    key = key_of(body, idempotency_key, "/v1/images/edits", [*images, mask])
    found = deps().edit_inputs.find(
        EditSources(image_ids=images, mask_id=mask), owner=owner(), claim=claim_for(key)
    )
    return respond(body.image_request(found), body, key, event_type="image_edit")


def _upload(field: str, file: BinaryIO) -> str:
    """Store a file of the form; return the id of its image."""
    try:
        return store_upload(file).record.id
    except InvalidRequest as error:
        problem = error.errors[0]["message"] if error.errors else error.message
        raise InvalidRequest.of_field(field, problem) from None
