"""POST /generate-image."""

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.presenters import image_answer
from app.blueprints.schemas import GenerateBody, ImageAnswer
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
        answer=ImageAnswer,
        idempotent=True,
        errors=(
            *errors.PROVIDER_FAILURES,
            errors.GenerationInProgress,
            errors.IdempotencyKeyReused,
            errors.ImageDeleted,
            errors.OutcomeUnknown,
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
    answered from the first one, and never paid for again.
    """
    request = GenerationRequest(
        first_prompt=body.prompt,
        prompt=body.prompt.strip(),
        enhance=body.enhance,
        quality=body.quality or "",
        size=body.size,
    )
    claim = claim_of(caller().id, idempotency_key) if idempotency_key else ""
    with deps().in_flight:
        made = deps().generate(request, caller=caller(), claim=claim)
    answer = image_answer(made.generation, deps())
    response = jsonify(answer.model_dump())
    response.headers["Location"] = answer.url
    if made.replayed:
        mark_replayed(response)
    return response
