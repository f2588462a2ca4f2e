"""Health, documentation and the start page."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, send_file
from werkzeug.exceptions import NotFound

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import HEALTH, METRICS, READY
from app.blueprints.schemas.images import HealthResponse, PartResponse, ReadyResponse
from app.http.contract import swagger_ui as viewer_files
from app.http.contract.decorator import Contract, contract
from app.http.contract.openapi import document
from app.http.error_handlers import failure
from app.http.security_headers import PAGE
from app.models import Scope

blueprint = Blueprint("meta", __name__)

_DESCRIBED = "app.description"
_VIEWER_SECONDS = 86_400  # its files change with a new version only
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz")
@contract(Contract(tag="health", scope=None, answer=HealthResponse, examples={"alive": HEALTH}))
def healthz() -> HealthResponse:
    """Tell that the process is alive."""
    return HealthResponse()


@blueprint.get("/readyz")
@contract(
    Contract(
        tag="health",
        scope=None,
        answer=ReadyResponse,
        examples={"ready": READY},
        errors=(errors.NotReady, errors.ShuttingDown),
    )
)
def readyz() -> Response:
    """Tell whether every part that the service needs answers, part by part.

    A server that is being stopped is not ready, whatever its parts say.
    """
    report = deps().readiness.report()
    parts: dict[str, object] = {
        part.name: PartResponse(kind=part.kind, up=part.up, required=part.required).model_dump()
        for part in report
    }
    missing = [part.name for part in report if part.required and not part.up]
    if deps().in_flight.closed:
        return _not_ready(errors.ShuttingDown(), parts)
    if missing:
        return _not_ready(errors.NotReady(message=f"Not ready: {', '.join(missing)}."), parts)
    answer = jsonify(status="success", ready=True, parts=parts)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _not_ready(error: errors.AppError, parts: dict[str, object]) -> Response:
    answer = failure(error, ready=False, parts=parts)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


@blueprint.get("/metrics")
@contract(
    Contract(
        tag="health",
        scope=Scope.METRICS,
        content_types=("text/plain",),
        examples={"metrics": METRICS},
    )
)
def metrics() -> Response:
    """Tell Prometheus what this server does: the numbers of all its processes."""
    page = Response(deps().vitals(), content_type=_PROMETHEUS)
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe this API as OpenAPI 3.1."""
    return jsonify(described())


@blueprint.get("/docs")
def docs() -> Response:
    """Show the API's description as a page."""
    return _page("docs.html", api=described())


@blueprint.get("/docs/<name>")
def viewer(name: str) -> Response:
    """Send a file of what shows the description."""
    path = viewer_files.file(name)
    if path is None:
        raise NotFound
    return send_file(path, max_age=_VIEWER_SECONDS)


def described() -> dict[str, Any]:
    """Return the description, which is made once: that takes as long as fifty lists."""
    made: dict[str, Any] | None = current_app.extensions.get(_DESCRIBED)
    if made is None:
        known = deps().defaults
        made = document(current_app, version=known.version, auth_required=known.auth_required)
        current_app.extensions[_DESCRIBED] = made
    return made


@blueprint.get("/")
def index() -> Response:
    """Show a page to try the service."""
    return _page("index.html", defaults=deps().defaults)


def _page(template: str, **values: object) -> Response:
    return Response(
        render_template(template, **values), content_type="text/html; charset=utf-8", headers=PAGE
    )
