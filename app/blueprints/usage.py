"""GET /usage."""

from datetime import date, timedelta

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import USAGE
from app.blueprints.schemas.usage import MAX_USAGE_DAYS, UsageQuery, UsageResponse
from app.blueprints.serializers import usage_answer
from app.http.auth import caller
from app.http.contract.decorator import Contract, contract
from app.models import Scope
from app.usecases.billing.budgets import SERVER

blueprint = Blueprint("usage", __name__)

_BEFORE = timedelta(days=29)


@blueprint.get("/usage")
@contract(
    Contract(
        tag="usage",
        scope=Scope.READ,
        limit="default",
        query=UsageQuery,
        answer=UsageResponse,
        examples={"usage": USAGE},
        errors=(errors.RecordsUnavailable,),
    )
)
def usage(query: UsageQuery) -> Response:
    """Tell what was spent, by day (UTC).

    By the caller; by all of the server if it asks for no keys. Money that is held for images
    being drawn counts as spent.
    """
    first, last = _days(query)
    own = deps().defaults.auth_required
    account, budget = (caller().id, caller().budget) if own else (SERVER, deps().defaults.budget)
    statement = deps().statements.statement(account, budget, first, last)
    answer = usage_answer(caller().name if own else None, statement)
    response = jsonify(answer.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response


def _days(query: UsageQuery) -> tuple[date, date]:
    """Return the first and the last day.

    Raises:
        InvalidRequest: they are too many, or in the wrong order.
    """
    last = query.to or deps().statements.clock.now().date()
    first = query.from_ or last - min(_BEFORE, last - date.min)
    if not 0 <= (last - first).days < MAX_USAGE_DAYS:
        problem = f"Give at most {MAX_USAGE_DAYS} days, the first one first."
        raise errors.InvalidRequest(message=problem, errors=[{"field": "from", "message": problem}])
    return first, last
