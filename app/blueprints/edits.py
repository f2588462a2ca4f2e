"""Edits, which make new images from stored ones, and the lineage of images."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps, owner
from app.blueprints.generated_response import claim_for
from app.blueprints.generation import PAID_ERRORS, count_images, partial_images_for, respond
from app.blueprints.pagination import PageSelection
from app.blueprints.schemas.edits import EditBody
from app.blueprints.schemas.images import GenerateResponse, LineageResponse
from app.blueprints.schemas.openapi_examples import EDIT, EDIT_DRY_RUN, LINEAGE, STREAM
from app.blueprints.serializers import image_fields, list_response, public_base_url
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


@blueprint.get("/images/<image_name:filename>/lineage")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="default",
        query=PageSelection,
        response=LineageResponse,
        examples={"lineage": LINEAGE},
        errors=(errors.ImageNotFound, errors.RecordsUnavailable),
    )
)
def get_lineage(filename: str, query: PageSelection) -> dict[str, Any]:
    """Return the lineage of an image.

    `parents` are the images that it was edited or cut out from, and `images` is a page of those
    that were made from it, newest first.
    """
    images, image_id = deps().images, object_keys.id_of_name(filename)
    record = images.record(image_id, owner=owner())
    children = images.page(replace(query.page_query(owner()), parents=(image_id,)))
    parents = []
    for parent in record.parents:
        with suppress(errors.ImageNotFound):  # deleted, or another caller's
            parents.append(images.record(parent, owner=owner()))
    base_url = public_base_url(deps())
    return {
        **list_response(children, query, deps()),
        "filename": filename,
        "root": object_keys.image_name(record.root) if record.root else None,
        "parents": [image_fields(parent, deps(), base_url) for parent in parents],
    }
