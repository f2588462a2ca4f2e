"""Static files, at URLs that change with their content.

All files share one digest, which is a part of their path: `/static/v-<digest>/studio/main.js`.
JavaScript modules import each other by relative paths, so they need no manifest of hashed names,
and clients never have to revalidate a file.
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

ENDPOINT = "static"

_ONE_YEAR = 365 * 24 * 3600
_DIGEST_LENGTH = 12
_DIGEST = "app.static_digest"  # key in the application's extensions
# Only this package's files are used; its code, for another framework, is never imported.
_SWAGGER_UI_PACKAGE = "flask_openapi3_swagger"
_SWAGGER_UI_FILES = {
    "swagger-ui/swagger-ui.css": "templates/swagger/css/swagger-ui.css",
    "swagger-ui/swagger-ui-bundle.js": "templates/swagger/js/swagger-ui-bundle.js",
}


def register(app: Flask) -> None:
    """Serve the static files at versioned URLs.

    `url_for("static", filename=...)` returns them. The app has to be created with
    `static_folder=None`.
    """
    app.extensions[_DIGEST] = _content_digest(folder(app))
    app.add_url_rule("/static/v-<version>/<path:filename>", ENDPOINT, _send)
    app.add_url_rule("/static/<path:filename>", ENDPOINT, _send)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values.setdefault("version", app.extensions[_DIGEST])


def _send(filename: str, version: str = "") -> Response:
    """Send a file, cacheable for a year if its URL has the current digest.

    The URL of another version returns the current file, revalidated at each use: in a rolling
    update, a page from one server may load its files from another. In debug mode files may change
    at any time, so all are revalidated.
    """
    data = _path(filename).read_bytes()
    response = Response(data, mimetype=guess_type(filename)[0])
    digest = current_app.extensions[_DIGEST]
    if current_app.debug:
        response.add_etag(weak=True)
    else:
        response.set_etag(digest, weak=True)  # one for all encodings
    if version == digest and not current_app.debug:
        response.cache_control.public = True
        response.cache_control.max_age = _ONE_YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    response.headers.pop("Date", None)  # set by the line above; the server sends its own
    return response


def _path(filename: str) -> Path:
    if filename in _SWAGGER_UI_FILES:
        return _swagger_ui_folder() / _SWAGGER_UI_FILES[filename]
    path = safe_join(str(folder(current_app)), filename)
    if path is None or not Path(path).is_file():
        raise NotFound
    return Path(path)


def folder(app: Flask) -> Path:
    """Return the folder of the app's own static files."""
    return Path(app.root_path, "static")


@cache
def _swagger_ui_folder() -> Path:
    package = find_spec(_SWAGGER_UI_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"{_SWAGGER_UI_PACKAGE} is not installed: see requirements.txt")
    return Path(package.submodule_search_locations[0])


def _content_digest(folder: Path) -> str:
    """Return a digest of the names and contents of all files."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    files |= {name: _swagger_ui_folder() / path for name, path in _SWAGGER_UI_FILES.items()}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:_DIGEST_LENGTH]
