"""The exceptions that the client raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ImageClientError(Exception):
    """Base of all errors of this package.

    Attributes:
        code: the error for programs; docs/api.md of the service lists the codes.
        status: the HTTP status, or None if no response arrived.
        charged: whether an image was paid for: `no`, `yes` or `unknown`, or None if none could be.
        request_id: the id under which the service has logged the request, or "".
        idempotency_key: of a paid call: the same call with this key continues it.
    """

    code: str = ""
    status: int | None = None
    charged: str | None = None
    request_id: str = ""
    idempotency_key: str | None = None


class ApiError(ImageClientError):
    """The service responded with an error that repeating the request can't remove.

    Attributes:
        body: the whole response, which may have `errors`, `failures` or `resets_at`.
        retry_after: seconds after which a retry makes sense, or None.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: float | None) -> None:
        self.status, self.body, self.retry_after = status, body, retry_after
        self.code = str(body.get("code") or "unexpected_response")
        self.charged = body.get("charged")
        self.request_id = str(body.get("request_id") or "")
        super().__init__(str(body.get("message") or f"The response has status {status}."))


class DeadlineExceeded(ImageClientError):
    """The call had no result in time; `__cause__` is the last failure.

    The image of a paid call may be finished later: `charged` is `unknown`.
    """

    code = "deadline_exceeded"
