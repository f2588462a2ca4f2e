"""Health checks, metrics and API documentation."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    has_request_context,
    jsonify,
    request,
)

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.pages.studio import page
from app.blueprints.schemas.images import HealthResponse, PartResponse, ReadyResponse
from app.blueprints.schemas.openapi_examples import HEALTH, METRICS, READY
from app.http.contract.decorator import Contract, contract
from app.http.contract.openapi import build_document
from app.http.error_handlers import error_response
from app.models import Scope

blueprint = Blueprint("meta", __name__)

_DOCUMENT = "app.openapi_document"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz")
@contract(Contract(tag="health", scope=None, response=HealthResponse, examples={"alive": HEALTH}))
def check_health() -> HealthResponse:
    """Check that the process responds."""
    return HealthResponse()


@blueprint.get("/readyz")
@contract(
    Contract(
        tag="health",
        scope=None,
        response=ReadyResponse,
        examples={"ready": READY},
        errors=(errors.NotReady, errors.ShuttingDown),
    )
)
def check_readiness() -> Response:
    """Check that the service is ready, part by part.

    A server that is shutting down is not ready, whatever the state of its parts.
    """
    report = deps().readiness.report()
    parts: dict[str, object] = {
        part.name: PartResponse(kind=part.kind, up=part.up, required=part.required).model_dump()
        for part in report
    }
    missing = [part.name for part in report if part.required and not part.up]
    if deps().concurrency_limit.closed:
        return _not_ready(errors.ShuttingDown(), parts)
    if missing:
        return _not_ready(errors.NotReady(message=f"Not ready: {', '.join(missing)}."), parts)
    response = jsonify(status="success", ready=True, parts=parts)
    response.headers["Cache-Control"] = "no-store"
    return response


def _not_ready(error: errors.AppError, parts: dict[str, object]) -> Response:
    response = error_response(error, ready=False, parts=parts)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.get("/metrics")
@contract(
    Contract(
        tag="health",
        scope=Scope.METRICS,
        content_types=("text/plain",),
        examples={"metrics": METRICS},
    )
)
def get_metrics() -> Response:
    """Report metrics for Prometheus, summed over the server's processes."""
    response = Response(deps().metrics_report(), content_type=_PROMETHEUS)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI 3.1 document of this API."""
    return jsonify(openapi_document())


@blueprint.get("/docs")
def docs() -> Response:
    """Show the API's documentation as a page."""
    return page("docs.html", api=openapi_document())


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document, with the URL of the current request's server.

    All else is generated once, which takes as long as fifty list requests.
    """
    root = request.root_path if has_request_context() else ""
    server = {"url": deps().server_info.public_url or root or "/", "description": "This server"}
    return _generated_document() | {"servers": [server]}


def _generated_document() -> dict[str, Any]:
    document: dict[str, Any] | None = current_app.extensions.get(_DOCUMENT)
    if document is None:
        info = deps().server_info
        document = build_document(
            current_app,
            version=info.version,
            auth_required=info.auth_required,
            public_images=info.public_images,
        )
        current_app.extensions[_DOCUMENT] = document
    return document
