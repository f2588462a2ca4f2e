"""POST /generate-image."""

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import DRY_RUN, IMAGE, STREAM
from app.blueprints.schemas.images import GenerateBody, GenerateResponse
from app.blueprints.serializers import dry_run_response, image_response
from app.blueprints.streaming import Generate, single_event, stream
from app.http import sse
from app.http.auth import caller
from app.http.contract.decorator import Contract, contract
from app.http.idempotency import mark_replayed
from app.models import ImageRequest, Scope
from app.usecases.generation import fault_injection
from app.usecases.generation.generate_image import GenerationResult
from app.usecases.generation.idempotency import claim_of
from app.usecases.generation.progress import NO_LISTENER, ProgressListener

blueprint = Blueprint("generation", __name__)


@blueprint.post("/generate-image")
@contract(
    Contract(
        tag="generation",
        scope=Scope.GENERATE,
        limit="generate",
        body=GenerateBody,
        response=GenerateResponse,
        examples={"image": IMAGE, "dry_run": DRY_RUN},
        stream_example=STREAM,
        idempotent=True,
        streams=True,
        errors=(
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
        ),
    )
)
def generate_image(body: GenerateBody, idempotency_key: str | None) -> Response:
    """Generate an image.

    With an AI model this takes seconds to minutes. The image is generated once and stored, and its
    background is made transparent; the response contains its URL. Repeating a request with the
    same `Idempotency-Key` returns the first result and costs nothing. With `dry_run`, the response
    contains the maximum cost and the requests that would be sent to the provider; a dry run takes
    no `Idempotency-Key`.

    With `Accept: text/event-stream` the response is a stream of events: `progress` when a step
    starts, `partial` with a preview of the unfinished image, and at the end `result` with the
    body of the plain response, or `error` with the body of the error response, `http_status` and
    `retry_after`. Generation continues if the client disconnects.
    """
    streams = sse.prefers_event_stream()
    image_request = body.image_request(partial_images=_partial_images(body) if streams else 0)
    if body.dry_run:
        response = _dry_run(image_request, idempotency_key, streams=streams)
    elif streams:
        generate = _generator(image_request, idempotency_key)
        response = stream(generate, subject=image_request.prompt)
    else:
        response = _result(_generator(image_request, idempotency_key)(NO_LISTENER))
    response.vary.add("Accept")
    return response


def _partial_images(body: GenerateBody) -> int:
    if body.partial_images is None:
        return deps().server_info.partial_images
    return body.partial_images


def _generator(image_request: ImageRequest, idempotency_key: str | None) -> Generate:
    """Return a function that generates the image.

    If the idempotency key was used before, it returns the earlier request's result.
    """
    claim = claim_of(caller().id, idempotency_key) if idempotency_key else ""
    fault = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().server_info.fault_injection
    )

    def generate(listener: ProgressListener) -> GenerationResult:
        with deps().concurrency_limit, fault_injection.injecting(fault):
            return deps().generate(image_request, caller=caller(), claim=claim, listener=listener)

    return generate


def _result(result: GenerationResult) -> Response:
    image = image_response(result.record, deps())
    response = jsonify(image.model_dump())
    response.headers["Location"] = image.url
    if result.replayed:
        mark_replayed(response)
    return response


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
