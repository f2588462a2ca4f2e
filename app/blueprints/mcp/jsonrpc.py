"""Messages of JSON-RPC 2.0, as MCP uses them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PARSE_ERROR = -32700
INVALID_MESSAGE = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

MessageId = str | int


class ProtocolError(Exception):
    """A message that is answered with a JSON-RPC error.

    Args:
        code: one of the constants of this module.
        message: for the developer of the client; never contains what the client sent.
        data: more about the error, for programs.
    """

    def __init__(self, code: int, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message from a client.

    Attributes:
        id: None for a notification.
        method: "" for the response to a request, which this server never sends.
        params: the named parameters.
    """

    id: MessageId | None
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_response(self) -> bool:
        """Whether it is a request."""
        return self.id is not None and self.method != ""

    @property
    def meta(self) -> Mapping[str, Any]:
        """The parameter `_meta`; empty if there is none."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def progress_token(self) -> MessageId | None:
        """The token for notifications of progress, if the client wants any."""
        token = self.meta.get("progressToken")
        return token if _is_id(token) else None


def read_message(value: object) -> Message:
    """Return the message that a JSON value is.

    Raises:
        ProtocolError: it is none.
    """
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_MESSAGE, "Send one JSON-RPC 2.0 message.")
    has_id, message_id, method = "id" in value, value.get("id"), value.get("method")
    if has_id and not _is_id(message_id):
        raise ProtocolError(INVALID_MESSAGE, "The id must be a string or an integer.")
    if method is None and has_id and ("result" in value or "error" in value):
        return Message(id=message_id, method="")
    if not isinstance(method, str) or not method:
        raise ProtocolError(INVALID_MESSAGE, "The method must be a string.")
    params = value.get("params")
    if not isinstance(params, dict | None):
        raise ProtocolError(INVALID_PARAMS, "The params must be an object.")
    return Message(id=message_id, method=method, params=params or {})


def result_of(message: Message, result: Mapping[str, object]) -> dict[str, object]:
    """Return the response to a request."""
    return {"jsonrpc": "2.0", "id": message.id, "result": result}


def error_of(message_id: MessageId | None, error: ProtocolError) -> dict[str, object]:
    """Return the response to a message that failed; without an id if it couldn't be read."""
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data is not None:
        body["data"] = error.data
    return {"jsonrpc": "2.0", "id": message_id, "error": body}


def notification(method: str, params: Mapping[str, object]) -> dict[str, object]:
    """Return a message without a response."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def id_of(value: object) -> MessageId | None:
    """Return the id of a message that is otherwise malformed, for its error; None without one."""
    message_id = value.get("id") if isinstance(value, dict) else None
    return message_id if _is_id(message_id) else None


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
