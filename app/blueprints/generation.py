"""POST /generate-image."""

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.presenters import image_answer
from app.blueprints.schemas import GenerateBody, ImageAnswer
from app.http.contract import Contract, contract
from app.models import GenerationRequest

blueprint = Blueprint("generation", __name__)


@blueprint.post("/generate-image")
@contract(
    Contract(
        tag="generation",
        body=GenerateBody,
        answer=ImageAnswer,
        errors=(
            *errors.PROVIDER_FAILURES,
            errors.RecordsUnavailable,
            errors.ServiceBusy,
            errors.StorageUnavailable,
        ),
    )
)
def generate_image(body: GenerateBody) -> Response:
    """Draw a picture.

    Takes up to two minutes with a real model. The picture is drawn once, stored, cut out and
    answered with its address.
    """
    with deps().in_flight:
        generation = deps().generate(
            GenerationRequest(
                first_prompt=body.prompt,
                prompt=body.prompt.strip(),
                enhance=body.enhance,
                quality=body.quality or deps().defaults.quality,
                size=body.size,
            )
        )
    answer = image_answer(generation, deps())
    response = jsonify(answer.model_dump())
    response.headers["Location"] = answer.url
    return response
