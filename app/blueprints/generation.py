"""POST /generate-image."""

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.presenters import dry_run_answer, image_answer
from app.blueprints.schemas import GenerateAnswer, GenerateBody
from app.http.admission import caller
from app.http.contract import Contract, contract
from app.http.idempotency import mark_replayed
from app.models import GenerationRequest, Scope
from app.usecases.idempotency import claim_of

blueprint = Blueprint("generation", __name__)


@blueprint.post("/generate-image")
@contract(
    Contract(
        tag="generation",
        scope=Scope.GENERATE,
        limit="generate",
        body=GenerateBody,
        answer=GenerateAnswer,
        idempotent=True,
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
    """Draw a picture.

    Takes up to two minutes with a real model. The picture is drawn once, stored, cut out and
    answered with its address. A request that is repeated with the same `Idempotency-Key` is
    answered from the first one, and never paid for again. With `dry_run` it only tells what the
    picture may cost at most, and what would be sent to the provider; that takes no key.
    """
    request = GenerationRequest(
        first_prompt=body.prompt,
        prompt=body.prompt.strip(),
        enhance=body.enhance,
        quality=body.quality or "",
        size=body.size,
    )
    if body.dry_run:
        return _dry_run(request, idempotency_key)
    claim = claim_of(caller().id, idempotency_key) if idempotency_key else ""
    with deps().in_flight:
        made = deps().generate(request, caller=caller(), claim=claim)
    answer = image_answer(made.generation, deps())
    response = jsonify(answer.model_dump())
    response.headers["Location"] = answer.url
    if made.replayed:
        mark_replayed(response)
    return response


def _dry_run(request: GenerationRequest, idempotency_key: str | None) -> Response:
    if idempotency_key:
        problem = "A dry run buys nothing, so it takes no Idempotency-Key."
        raise errors.InvalidRequest(
            message=problem, errors=[{"field": "Idempotency-Key", "message": problem}]
        )
    response = jsonify(dry_run_answer(deps().estimates.rehearse(request)).model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response
