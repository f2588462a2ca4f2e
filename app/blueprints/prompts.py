"""GET /generate-prompts."""

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.schemas.images import PromptsResponse
from app.blueprints.schemas.openapi_examples import PROMPTS
from app.blueprints.schemas.requests import PromptsQuery
from app.http.auth import caller
from app.http.contract.decorator import Contract, contract
from app.models import Scope
from app.usecases.generation import fault_injection

blueprint = Blueprint("prompts", __name__)


@blueprint.get("/generate-prompts")
@contract(
    Contract(
        tag="prompts",
        scope=Scope.GENERATE,
        limit="prompts",
        query=PromptsQuery,
        response=PromptsResponse,
        examples={"prompts": PROMPTS},
        errors=(
            *errors.PROVIDER_FAILURES,
            errors.BudgetExceeded,
            errors.PriceUnknown,
            errors.RecordsUnavailable,
            errors.Overloaded,
        ),
    )
)
def generate_prompts(query: PromptsQuery) -> Response:
    """Suggest prompts.

    The prompts are distinct and change from call to call. They come from a pool that is refilled
    at most once a minute.
    """
    fault = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().server_info.fault_injection
    )
    fault.raise_before_drawing()
    fault.raise_while_drawing()
    prompts = deps().prompts.suggest(query.count, theme=query.theme, caller=caller())
    content = PromptsResponse(prompts=prompts, provider=deps().server_info.provider)
    response = jsonify(content.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response
