"""POST /generate-image."""

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import DRY_RUN, IMAGE, STREAM
from app.blueprints.schemas.images import GenerateBody, GenerateResponse
from app.blueprints.serializers import dry_run_answer, image_answer
from app.blueprints.streaming import Make, one_event, stream
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
        answer=GenerateResponse,
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
    """Draw an image.

    Takes up to two minutes with a real model. The image is drawn once, stored, cut out and
    answered with its address. A request that is repeated with the same `Idempotency-Key` is
    answered from the first one, and never paid for again. With `dry_run` it only tells what the
    image may cost at most, and what would be sent to the provider; that takes no key.

    With `Accept: text/event-stream` the answer is streamed: `progress` as each step begins,
    `partial` with images of the drawing under way, and last `result` with what is answered
    otherwise, or `error` with what is answered otherwise, `http_status` and `retry_after`. Who
    leaves loses nothing: the image is drawn and stored all the same.
    """
    wish = ImageRequest(
        first_prompt=body.prompt,
        prompt=body.prompt.strip(),
        enhance=body.enhance,
        quality=body.quality or "",
        size=body.size,
    )
    streams = sse.wants_event_stream()
    partials = _partials(body) if streams else 0
    if body.dry_run:
        response = _dry_run(wish, idempotency_key, partials, streams=streams)
    elif streams:
        response = stream(_maker(wish, idempotency_key), partials=partials)
    else:
        response = _answer(_maker(wish, idempotency_key)(NO_LISTENER))
    response.vary.add("Accept")
    return response


def _partials(body: GenerateBody) -> int:
    given = body.partial_images
    return deps().defaults.partial_images if given is None else given


def _maker(wish: ImageRequest, idempotency_key: str | None) -> Make:
    """Return what makes the image, or answers from an earlier request."""
    claim = claim_of(caller().id, idempotency_key) if idempotency_key else ""
    simulated = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().defaults.simulates
    )

    def make(viewer: ProgressListener) -> GenerationResult:
        with deps().in_flight, fault_injection.simulating(simulated):
            return deps().generate(wish, caller=caller(), claim=claim, viewer=viewer)

    return make


def _answer(made: GenerationResult) -> Response:
    answer = image_answer(made.generation, deps())
    response = jsonify(answer.model_dump())
    response.headers["Location"] = answer.url
    if made.replayed:
        mark_replayed(response)
    return response


def _dry_run(
    wish: ImageRequest, idempotency_key: str | None, partials: int, *, streams: bool
) -> Response:
    if idempotency_key:
        problem = "A dry run buys nothing, so it takes no Idempotency-Key."
        raise errors.InvalidRequest(
            message=problem, errors=[{"field": "Idempotency-Key", "message": problem}]
        )
    answer = dry_run_answer(deps().estimates.rehearse(wish, partials=partials)).model_dump()
    response = one_event(answer) if streams else jsonify(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
