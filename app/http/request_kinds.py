"""Kinds of requests that never wait for each other, by method and path.

The server selects by them which threads handle a request, before it is parsed completely. See
docs/operations.md for the threads.
"""

from enum import Enum, auto


class RequestKind(Enum):
    """Requests that share threads, and wait for nothing but what is stated here."""

    HEALTH = auto()  # never waits for anything, so the server's event loop handles it
    READINESS = auto()  # waits briefly
    GENERATION = auto()  # waits for minutes
    OTHER = auto()  # waits in a limited number of places, if at all


_KINDS = {
    ("GET", "healthz"): RequestKind.READINESS,  # or the name of an image that doesn't exist
    ("HEAD", "healthz"): RequestKind.READINESS,
    ("GET", "readyz"): RequestKind.READINESS,
    ("HEAD", "readyz"): RequestKind.READINESS,
    ("POST", "generate-image"): RequestKind.GENERATION,
    ("POST", "cutouts"): RequestKind.GENERATION,
    ("POST", "images"): RequestKind.GENERATION,
    ("POST", "edits"): RequestKind.GENERATION,
    ("POST", "mcp"): RequestKind.GENERATION,
    ("POST", "generations"): RequestKind.GENERATION,
}
_HEALTH_PATH = "/healthz"


def kind_of(method: str, target: str) -> RequestKind:
    """Return the kind of a request.

    The last segment of the path decides, since the service may be below any path. Nothing else
    ends like that, and whatever is not found costs little. Only `/healthz` itself, which all
    servers have, is sure not to wait.

    Args:
        method: the request's method.
        target: the target of its request line, with the query if there is one.
    """
    path = target.partition("?")[0]
    if path == _HEALTH_PATH and method in {"GET", "HEAD"}:
        return RequestKind.HEALTH
    name = path.rpartition("/")[2]
    return _KINDS.get((method, name), RequestKind.OTHER)
