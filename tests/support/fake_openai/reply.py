"""What goes back over the wire, and the question it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, complete and not yet sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, document: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """Answer with a JSON document."""
        return cls(status, json.dumps(document).encode(), headers=headers or {})

    def document(self) -> Any:
        """Return the body as parsed JSON."""
        return json.loads(self.body)

    def with_document(self, document: object) -> Self:
        """Return the same answer around another JSON document."""
        return replace(self, body=json.dumps(document).encode())


class ApiError(Exception):
    """Ends the handling of a request with an error answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply
