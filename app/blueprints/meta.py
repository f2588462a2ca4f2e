"""Health checks, metrics, API documentation and the start page."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, send_file
from werkzeug.exceptions import NotFound

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openapi_examples import HEALTH, METRICS, READY
from app.blueprints.schemas.images import HealthResponse, PartResponse, ReadyResponse
from app.http.contract.decorator import Contract, contract
from app.http.contract.openapi import build_document
from app.http.error_handlers import error_response
from app.http.security_headers import PAGE_HEADERS
from app.models import Scope

blueprint = Blueprint("meta", __name__)

_DOCUMENT = "app.openapi_document"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
# Only the files of this package are used. Its code, a plugin of a framework, is never imported.
_SWAGGER_UI_PACKAGE = "flask_openapi3_swagger"
_SWAGGER_UI_FILES = {
    "swagger-ui.css": "css/swagger-ui.css",
    "swagger-ui-bundle.js": "js/swagger-ui-bundle.js",
}
_SWAGGER_UI_MAX_AGE = 86_400  # seconds; the files change with the package's version only


@blueprint.get("/healthz")
@contract(Contract(tag="health", scope=None, response=HealthResponse, examples={"alive": HEALTH}))
def healthz() -> HealthResponse:
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
def readyz() -> Response:
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
def metrics() -> Response:
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
    return _page("docs.html", api=openapi_document())


@blueprint.get("/docs/<name>")
def swagger_ui(name: str) -> Response:
    """Send a file of Swagger UI."""
    if name not in _SWAGGER_UI_FILES:
        raise NotFound
    return send_file(_swagger_ui_folder() / _SWAGGER_UI_FILES[name], max_age=_SWAGGER_UI_MAX_AGE)


@cache
def _swagger_ui_folder() -> Path:
    package = find_spec(_SWAGGER_UI_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"{_SWAGGER_UI_PACKAGE} is not installed: see requirements.txt")
    return Path(package.submodule_search_locations[0], "templates/swagger")


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document, generated once: that takes as long as fifty list requests."""
    document: dict[str, Any] | None = current_app.extensions.get(_DOCUMENT)
    if document is None:
        info = deps().server_info
        document = build_document(
            current_app, version=info.version, auth_required=info.auth_required
        )
        current_app.extensions[_DOCUMENT] = document
    return document


@blueprint.get("/")
def index() -> Response:
    """Show the studio, a page to try the service."""
    return _page("index.html", defaults=deps().server_info)


def _page(template: str, **values: object) -> Response:
    return Response(
        render_template(template, **values),
        content_type="text/html; charset=utf-8",
        headers=PAGE_HEADERS,
    )
