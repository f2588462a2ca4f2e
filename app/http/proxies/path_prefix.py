"""WSGI middleware for a service that clients reach below a path, such as `/images-api`.

Some proxies remove the path from requests, and others leave it. Both kinds of requests are
accepted, so health checks that bypass the proxy need not know the path.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication

RouteTest = Callable[[str, str], bool]
"""Returns whether the application has a route for a method and a path."""


class PathPrefix:
    """Sets SCRIPT_NAME, from which pages and responses build their URLs.

    Args:
        app: the wrapped application.
        prefix: the path that clients see, such as `/images-api`, or "".
        removed: the paths that are removed from the beginning of requests' paths.
        has_route: tests a path; paths of the application itself are left as they are.
    """

    def __init__(
        self, app: WSGIApplication, prefix: str, *, removed: Sequence[str], has_route: RouteTest
    ) -> None:
        self._app = app
        self._prefix = prefix
        self._removed = [path for path in removed if path]
        self._has_route = has_route

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Remove the prefix, and call the wrapped application."""
        path = environ["PATH_INFO"]
        found = self._prefix_of(path)
        if found and not self._has_route(environ["REQUEST_METHOD"], path):
            if path == found:  # relative URLs of the page need the slash
                return self._redirect(environ, start_response)
            environ["PATH_INFO"] = path.removeprefix(found)
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)

    def _prefix_of(self, path: str) -> str | None:
        return next(
            (one for one in self._removed if path == one or path.startswith(f"{one}/")), None
        )

    def _redirect(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        location = f"{quote(self._prefix)}/{f'?{query}' if query else ''}"
        start_response(
            "308 PERMANENT REDIRECT",
            [("Location", location), ("Content-Length", "0"), ("Cache-Control", "no-cache")],
        )
        return ()
