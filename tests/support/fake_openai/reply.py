"""Responses of the fake before they are sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A complete HTTP response."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, document: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """Return a response with a JSON document."""
        return cls(status, json.dumps(document).encode(), headers=headers or {})

    def document(self) -> Any:
        """Return the parsed JSON of the body."""
        return json.loads(self.body)

    def with_document(self, document: object) -> Self:
        """Return the same response with another JSON document."""
        return replace(self, body=json.dumps(document).encode())


class ApiError(Exception):
    """Ends the handling of a request with an error response."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply
