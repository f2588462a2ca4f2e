"""Swagger UI, which shows the API's description: its files, from a package that brings them.

The package's own code is a plugin for a framework that isn't used here, so it is never imported.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "flask_openapi3_swagger"
_FILES = {
    "swagger-ui.css": "templates/swagger/css/swagger-ui.css",
    "swagger-ui-bundle.js": "templates/swagger/js/swagger-ui-bundle.js",
}


@cache
def file(name: str) -> Path | None:
    """Return where the viewer's file of this name lies; None if it has none."""
    if name not in _FILES:
        return None
    package = find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"{_PACKAGE} is not installed: see requirements.txt")
    return Path(package.submodule_search_locations[0], _FILES[name])
