"""POST /images/<filename>/edits: a new image from stored ones and a prompt."""

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.generated_response import claim_for
from app.blueprints.generation import PAID_ERRORS, count_images, partial_images_for, respond
from app.blueprints.openapi_examples import EDIT, EDIT_DRY_RUN, STREAM
from app.blueprints.schemas.edits import EditBody
from app.blueprints.schemas.images import GenerateResponse
from app.http.contract.decorator import Contract, contract
from app.models import Scope, object_keys

blueprint = Blueprint("edits", __name__)


@blueprint.post("/images/<image_name:filename>/edits")
@contract(
    Contract(
        tag="generation",
        scope=Scope.GENERATE,
        limit="generate",
        images=count_images,
        body=EditBody,
        response=GenerateResponse,
        examples={"image": EDIT, "dry_run": EDIT_DRY_RUN},
        stream_example=STREAM,
        idempotent=True,
        streams=True,
        errors=(
            *PAID_ERRORS,
            errors.EditsUnsupported,
            errors.ImageDamaged,
            errors.ImageNotFound,
            errors.InvalidMask,
            errors.OriginalMissing,
        ),
    )
)
def create_edit(filename: str, body: EditBody, idempotency_key: str | None) -> Response:
    """Edit an image.

    The image model gets the original of this image, those of `images` in order, and the prompt.
    The response is a new image with a URL of its own; its `parents` are the images that it was
    made from. Everything else is as for `POST /generate-image`: `Idempotency-Key`, `dry_run`, `n`,
    and the stream of events with `Accept: text/event-stream`.
    """
    sources = body.sources(object_keys.id_of_name(filename))
    found = deps().edit_inputs.find(sources, owner=owner(), claim=claim_for(idempotency_key))
    image_request = body.image_request(found, partial_images=partial_images_for(body))
    return respond(image_request, idempotency_key, dry_run=body.dry_run)
