"""GET /generate-prompts."""

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import PROMPTS
from app.blueprints.schemas.images import PromptsQuery, PromptsResponse
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
        answer=PromptsResponse,
        examples={"prompts": PROMPTS},
        errors=(
            *errors.PROVIDER_FAILURES,
            errors.BudgetExceeded,
            errors.PriceUnknown,
            errors.RecordsUnavailable,
        ),
    )
)
def generate_prompts(query: PromptsQuery) -> Response:
    """Invent prompts.

    Distinct and different from call to call, drawn from a pool that is filled once a minute.
    """
    simulated = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().defaults.simulates
    )
    simulated.before()
    simulated.drawing()
    prompts = deps().prompts.suggest(query.count, theme=query.theme, caller=caller())
    answer = PromptsResponse(prompts=prompts, provider=deps().defaults.provider)
    response = jsonify(answer.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response
