"""GET /generate-prompts."""

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.examples import PROMPTS
from app.blueprints.schemas import PromptsAnswer, PromptsQuery
from app.http.admission import caller
from app.http.contract import Contract, contract
from app.models import Scope
from app.usecases import simulation

blueprint = Blueprint("prompts", __name__)


@blueprint.get("/generate-prompts")
@contract(
    Contract(
        tag="prompts",
        scope=Scope.GENERATE,
        limit="prompts",
        query=PromptsQuery,
        answer=PromptsAnswer,
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
    simulated = simulation.parse(
        request.headers.get(simulation.HEADER), allowed=deps().defaults.simulates
    )
    simulated.before()
    simulated.drawing()
    prompts = deps().prompts.suggest(query.count, theme=query.theme, caller=caller())
    answer = PromptsAnswer(prompts=prompts, provider=deps().defaults.provider)
    response = jsonify(answer.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response
