"""POST /generate-image, and what it shares with edits."""

from typing import Protocol

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.generated_response import generated_response
from app.blueprints.schemas.images import GenerateBody, GenerateResponse
from app.blueprints.schemas.openapi_examples import DRY_RUN, GROUP, IMAGE, STREAM
from app.blueprints.serializers import dry_run_response
from app.blueprints.streaming import single_event
from app.http import sse
from app.http.contract.decorator import Contract, contract
from app.models import ImageRequest, Scope

blueprint = Blueprint("generation", __name__)

PAID_ERRORS = (
    *errors.PROVIDER_FAILURES,
    errors.BudgetExceeded,
    errors.GenerationInProgress,
    errors.IdempotencyKeyReused,
    errors.ImageDeleted,
    errors.OutcomeUnknown,
    errors.PriceUnknown,
    errors.RecordsUnavailable,
    errors.ServiceBusy,
    errors.ShuttingDown,
    errors.StorageUnavailable,
)
"""Errors of all requests that draw images."""


class DrawingBody(Protocol):
    """A body that requests images."""

    n: int
    dry_run: bool
    partial_images: int | None


def count_images(body: DrawingBody) -> int:
    """Return how often a request counts against the rate limit."""
    return 1 if body.dry_run else body.n


@blueprint.post("/generate-image")
@contract(
    Contract(
        tag="generation",
        scope=Scope.GENERATE,
        limit="generate",
        images=count_images,
        body=GenerateBody,
        response=GenerateResponse,
        examples={"image": IMAGE, "candidates": GROUP, "dry_run": DRY_RUN},
        stream_example=STREAM,
        idempotent=True,
        streams=True,
        errors=PAID_ERRORS,
    )
)
def generate_image(body: GenerateBody, idempotency_key: str | None) -> Response:
    """Generate an image.

    With an AI model this takes seconds to minutes. The image is generated once and stored, and its
    background is made transparent; the response contains its URL. Repeating a request with the
    same `Idempotency-Key` returns the first result and costs nothing. With `dry_run`, the response
    contains the maximum cost and the requests that would be sent to the provider; a dry run takes
    no `Idempotency-Key`.

    With `n` above 1, that number of candidates is drawn, side by side where the server has room.
    Each is charged and stored by itself, so the response lists `images` and `failures`; the budget
    must have room for all. If no candidate is an image, the response is the error of the first
    one, with all `failures`. A request counts against the rate limit once for each image.

    With `Accept: text/event-stream` the response is a stream of events: `progress` when a step
    starts, `partial` with a preview of the unfinished image, and at the end `result` with the
    body of the plain response, or `error` with the body of the error response, `http_status` and
    `retry_after`. With `n` above 1, `index` names the candidate of an event (in a `partial`, the
    number of the preview is then `partial_index`), and each candidate ends with an `image` or a
    `failure`, as in the plain response. Generation continues if the client disconnects.
    """
    image_request = body.image_request(partial_images=partial_images_for(body))
    return respond(image_request, idempotency_key, dry_run=body.dry_run)


def respond(image_request: ImageRequest, idempotency_key: str | None, *, dry_run: bool) -> Response:
    """Draw what is requested, and respond in the form that the client prefers."""
    streams = sse.prefers_event_stream()
    if dry_run:
        response = _dry_run(image_request, idempotency_key, streams=streams)
    else:
        response = generated_response(image_request, idempotency_key, streams=streams)
    response.vary.add("Accept")
    return response


def partial_images_for(body: DrawingBody) -> int:
    """Return how many partial images to draw; none unless the response is a stream."""
    if not sse.prefers_event_stream():
        return 0
    if body.partial_images is None:
        return deps().server_info.partial_images
    return body.partial_images


def _dry_run(
    image_request: ImageRequest, idempotency_key: str | None, *, streams: bool
) -> Response:
    if idempotency_key:
        problem = "A dry run doesn't accept an Idempotency-Key. Remove the header."
        raise errors.InvalidRequest(
            message=problem, errors=[{"field": "Idempotency-Key", "message": problem}]
        )
    estimate = deps().estimates.estimate(image_request)
    content = dry_run_response(estimate).model_dump()
    if streams:
        return single_event(content)
    response = jsonify(content)
    response.headers["Cache-Control"] = "no-store"
    return response
