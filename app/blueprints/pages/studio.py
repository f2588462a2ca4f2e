"""The studio: pages for people, which use the API from the browser.

`/usage` is an address of the API as well, so browsers that open it get the page, and all other
clients get JSON. Likewise a missing address is a page for browsers.
"""

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.blueprints.dependencies import deps
from app.http.content_negotiation import preferred
from app.http.contract.openai_errors import is_openai_path
from app.http.delivery.modules import module_names
from app.http.security_headers import PAGE_HEADERS

blueprint = Blueprint("studio", __name__)

_USAGE = "usage.get_usage"
_HTML = "text/html"


@blueprint.get("/")
def index() -> Response:
    """Show the page that generates images."""
    return page("index.html")


@blueprint.get("/gallery")
def gallery() -> Response:
    """Show the page of all images; its script reads the query."""
    return page("gallery.html")


def page(template: str, **values: object) -> Response:
    """Return a page of this service, with the headers that protect pages."""
    return Response(
        render_template(template, **values),
        content_type=f"{_HTML}; charset=utf-8",
        headers=PAGE_HEADERS,
    )


@blueprint.app_context_processor
def page_values() -> dict[str, Any]:
    """Return what every template may use: the server's facts, and the modules of a script."""
    return {"defaults": deps().server_info, "module_names": module_names}


@blueprint.before_app_request
def show_usage() -> Response | None:
    """Answer a browser that opens the address of the API's usage report with the page."""
    return page("usage.html") if request.endpoint == _USAGE and _opens_page() else None


@blueprint.after_app_request
def negotiate(response: Response) -> Response:
    """Name the header that `/usage` depends on, and show browsers a missing address as a page."""
    if request.endpoint == _USAGE:
        response.vary.add("Accept")
    if response.status_code == 404 and response.is_json and _opens_page():
        code = (response.get_json(silent=True) or {}).get("code", "")
        shown = page("not_found.html", code=code)
        response.set_data(shown.get_data())
        response.headers.update(shown.headers)
        response.vary.add("Accept")
    return response


def _opens_page() -> bool:
    """Return whether a browser asks for a document, not a script or another program for data."""
    accept = request.headers.get("Accept", "")
    return (
        request.method in {"GET", "HEAD"}
        and not is_openai_path(request.path)
        and preferred(accept, (_HTML, "application/json")) == _HTML
    )
