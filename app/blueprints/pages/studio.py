"""The studio: pages for people, which use the API from the browser.

`/usage` is an address of the API as well, so browsers that open it get the page, and all other
clients get JSON. Likewise a missing address is a page for browsers.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from app.blueprints.dependencies import deps
from app.http.content_negotiation import preferred
from app.http.contract.openai_errors import is_openai_path
from app.http.delivery.modules import module_names
from app.http.security_headers import PAGE_HEADERS
from app.models import ImageRequest

blueprint = Blueprint("studio", __name__)

_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_QUALITIES = ("", "low", "medium", "high", "xhigh", "max")
_USAGE = "usage.get_usage"
_HTML = "text/html"


@dataclass(frozen=True)
class Example:
    """A prompt to start from.

    Attributes:
        name: of the file in `app/static/studio/examples/`, without its ending.
        prompt: what that image shows.
    """

    name: str
    prompt: str


EXAMPLES = (
    Example("fox", "A red fox with a lantern"),
    Example("rocket", "A rocket on its way to the moon"),
    Example("owl", "An owl reading a book"),
    Example("cactus", "A cactus in a pot"),
    Example("robot", "A robot watering a flower"),
    Example("cocoa", "A cup of hot cocoa"),
)

STYLES = {
    "Sticker": "die-cut sticker with a thick white outline",
    "Flat icon": "flat vector icon, simple shapes, four colors",
    "Watercolor": "soft watercolor painting, visible brush strokes",
    "3D clay": "3D clay model, rounded shapes, soft light",
    "Pixel art": "pixel art, large pixels, few colors",
    "Line art": "black ink line drawing, even lines, no shading",
}
"""Names of styles, and the words that each adds to a prompt."""


@blueprint.get("/")
def index() -> Response:
    """Show the page that generates images."""
    return page("index.html", examples=EXAMPLES, styles=STYLES, prices=_prices())


@blueprint.get("/gallery")
def gallery() -> Response:
    """Show the page of all images; its script reads the query."""
    return page("gallery.html")


def _prices() -> dict[str, dict[str, float | None]]:
    """Return the maximum price of an image with a short prompt, in dollars, by size and quality."""
    return {size: {quality: _price(size, quality) for quality in _QUALITIES} for size in _SIZES}


def _price(size: str, quality: str) -> float | None:
    image_request = ImageRequest(first_prompt="", prompt="", size=size, quality=quality)
    _, micros = deps().estimates.max_cost(image_request)
    return None if micros is None else micros / 1_000_000


def page(template: str, **values: object) -> Response:
    """Return a page of this service, with the headers that protect pages."""
    return Response(
        render_template(template, **values),
        content_type=f"{_HTML}; charset=utf-8",
        headers=PAGE_HEADERS,
    )


@blueprint.app_context_processor
def page_values() -> dict[str, Any]:
    """Return what every template may use: facts about the server, and the modules of a script."""
    return {
        "defaults": deps().server_info,
        "module_names": module_names,
        "signed_only": bool(deps().signer.keys),
    }


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
