"""GET /usage."""

from datetime import date, timedelta

from flask import Blueprint, Response, jsonify

from app import errors
from app.blueprints.dependencies import Dependencies, deps
from app.blueprints.schemas.openapi_examples import USAGE
from app.blueprints.schemas.usage import MAX_USAGE_DAYS, UsageQuery, UsageResponse
from app.blueprints.serializers import usage_response
from app.http.auth import caller
from app.http.contract.decorator import Contract, contract
from app.models import Caller, Scope
from app.usecases.billing.budgets import SERVER

blueprint = Blueprint("usage", __name__)

_DEFAULT_SPAN = timedelta(days=29)


@blueprint.get("/usage")
@contract(
    Contract(
        tag="usage",
        scope=Scope.READ,
        limit="default",
        query=UsageQuery,
        response=UsageResponse,
        examples={"usage": USAGE},
        errors=(errors.RecordsUnavailable,),
    )
)
def get_usage(query: UsageQuery) -> Response:
    """Report costs by day (UTC).

    The report covers the caller's API key, or the whole server if it requires no API keys. Amounts
    reserved for images that are being generated count as spent.
    """
    response = jsonify(report_usage(query, caller(), deps()).model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response


def report_usage(query: UsageQuery, caller: Caller, deps: Dependencies) -> UsageResponse:
    """Return the usage of a caller, or of the whole server if the caller has no API key.

    Raises:
        InvalidRequest: the range of days is invalid.
        RecordsUnavailable: the ledger can't be reached.
    """
    first, last = _days(query, deps)
    if caller.id or deps.server_info.auth_required:
        name, account, budget = caller.name, caller.id, caller.budget
    else:
        name, account, budget = None, SERVER, deps.server_info.budget
    report = deps.usage_reporter.report(account, budget, first, last)
    return usage_response(name, report)


def _days(query: UsageQuery, deps: Dependencies) -> tuple[date, date]:
    """Return the first and the last day of the report.

    Raises:
        InvalidRequest: the range is too long, or ends before it starts.
    """
    last = query.to or deps.usage_reporter.clock.now().date()
    first = query.from_ or last - min(_DEFAULT_SPAN, last - date.min)
    if not 0 <= (last - first).days < MAX_USAGE_DAYS:
        problem = f"`from` must not be after `to`; the range is at most {MAX_USAGE_DAYS} days."
        raise errors.InvalidRequest(message=problem, errors=[{"field": "from", "message": problem}])
    return first, last
