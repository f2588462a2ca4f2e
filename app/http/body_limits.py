"""How large the body of a request may be, by its method and path.

The server asks before it receives a body, and the application before it reads one. Most bodies
are short, and a limit for all of them keeps the memory that clients can take small.
"""

import re

from app.errors import RequestTooLarge
from app.models import object_keys

MAX_BODY_BYTES = 64 * 1024
"""The limit of all requests but those that may carry a file."""

MAX_FILE_BODY_BYTES = 1536 * 1024
"""The limit of a request with a file of at most 1 MB in base64."""

# Possibly below a path, which the application removes.
_MAY_CARRY_A_FILE = {"POST": re.compile(rf".*{object_keys.IMAGE_PATH_PATTERN}/cutouts")}

_UPLOAD = {"POST": re.compile(".*/images|.*/v1/images/edits")}


def is_upload(method: str, path: str) -> bool:
    """Return whether the body of a request is received in a file, with limits of its own.

    See UploadLimits.
    """
    pattern = _UPLOAD.get(method)
    return pattern is not None and pattern.fullmatch(path) is not None


def max_body_bytes(method: str, path: str) -> int:
    """Return the maximum size of the body of a request.

    Args:
        method: the request's method.
        path: the path of its URL, without a query.
    """
    pattern = _MAY_CARRY_A_FILE.get(method)
    is_large = pattern is not None and pattern.fullmatch(path) is not None
    return MAX_FILE_BODY_BYTES if is_large else MAX_BODY_BYTES


def body_too_large(limit: int) -> RequestTooLarge:
    """Return the error for a body that is larger than a limit."""
    if limit == MAX_BODY_BYTES:
        return RequestTooLarge()
    mebibytes = limit / 1024 / 1024
    return RequestTooLarge(
        message=f"The body is larger than {mebibytes:g} MiB. Send a smaller mask."
    )
