"""POST /mcp: the MCP server over HTTP, without sessions ("streamable HTTP")."""

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.blueprints.dependencies import deps, owner
from app.blueprints.mcp import jsonrpc
from app.blueprints.mcp.dispatch import may_draw, respond
from app.blueprints.mcp.jsonrpc import Message, ProtocolError
from app.blueprints.mcp.streams import Respond, stream
from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.mcp.versions import HEADERS, Protocol, protocol_of_header, protocol_of_request
from app.blueprints.serializers import public_base_url
from app.errors import InvalidJson
from app.http import sse
from app.http.auth import authenticate_request, caller
from app.http.content_negotiation import accepts
from app.http.contract.validation import read_json
from app.http.cors import require_trusted_origin
from app.http.rate_limits import LimitName, count_further, enforce_limit
from app.usecases.generation import fault_injection
from app.usecases.generation.progress import NO_LISTENER, ProgressListener

blueprint = Blueprint("mcp", __name__)

MAX_BATCH = 10
"""Messages in a body, of the versions that have batches."""

# Over HTTP, only errors of the message itself have a status, and since 2026-07-28 all others, too.
_MESSAGE_STATUSES = {jsonrpc.PARSE_ERROR: 400, jsonrpc.INVALID_MESSAGE: 400}
_HANDSHAKE_STATUSES = _MESSAGE_STATUSES | {
    jsonrpc.UNSUPPORTED_VERSION: 400,
    jsonrpc.HEADER_MISMATCH: 400,
}
_STATELESS_STATUSES = _HANDSHAKE_STATUSES | {
    jsonrpc.INVALID_PARAMS: 400,
    jsonrpc.METHOD_NOT_FOUND: 404,
}


@blueprint.post("/mcp")
def post_message() -> Response:
    """Handle a message of an MCP client, or a batch of them.

    There are no sessions, so other methods than POST are 405, and each request is authenticated.
    """
    authenticate = deps().authenticate
    if authenticate is not None:
        authenticate_request(request.environ, authenticate, deps().rate_limits)
    require_trusted_origin(is_authenticated=bool(caller().id))
    if not accepts(request.headers.get("Accept", ""), "application/json"):
        return Response(status=406)
    try:
        value = read_json()
    except InvalidJson:
        error = ProtocolError(jsonrpc.PARSE_ERROR, "Parse error")
        return _error(None, error, _MESSAGE_STATUSES)
    return _batch(value) if isinstance(value, list) else _single(value)


def _single(value: object) -> Response:
    try:
        message = jsonrpc.read_message(value)
        protocol = protocol_of_request(message, _headers())
    except ProtocolError as error:
        return _error(jsonrpc.id_of(value), error, _STATELESS_STATUSES)
    if not message.needs_response:
        return Response(status=202)
    statuses = _STATELESS_STATUSES if protocol.is_stateless else _HANDSHAKE_STATUSES
    try:
        if may_draw(message) and sse.prefers_event_stream():
            return stream(message, _prepared(message, protocol))
        return _json(jsonrpc.result_of(message, _prepared(message, protocol)(NO_LISTENER)))
    except ProtocolError as error:
        return _error(message.id, error, statuses)


def _batch(values: list[object]) -> Response:
    """Handle a list of messages, as the versions before 2025-06-18 allow, one after the other."""
    try:
        protocol = protocol_of_header(_headers())
        if not (protocol.has_batches and 0 < len(values) <= MAX_BATCH):
            problem = f"Send one message, or with {protocol.version} up to {MAX_BATCH}."
            raise ProtocolError(jsonrpc.INVALID_MESSAGE, problem)
    except ProtocolError as error:
        return _error(None, error, _STATELESS_STATUSES)
    responses = [one for value in values if (one := _batched(value, protocol)) is not None]
    return _json(responses) if responses else Response(status=202)


def _batched(value: object, protocol: Protocol) -> dict[str, object] | None:
    """Return the response to a message of a batch; None if it needs none."""
    try:
        message = jsonrpc.read_message(value)
        if message.method == "initialize":
            raise ProtocolError(jsonrpc.INVALID_MESSAGE, "Send initialize by itself.")
        if not message.needs_response:
            return None
        return jsonrpc.result_of(message, _prepared(message, protocol)(NO_LISTENER))
    except ProtocolError as error:
        return jsonrpc.error_of(jsonrpc.id_of(value), error)


def _prepared(message: Message, protocol: Protocol) -> Respond:
    """Return a function that handles a request of the current caller."""
    if message.method != "tools/call":  # a tool counts by itself
        _count("default", 1)
    context = _context()
    fault = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().server_info.fault_injection
    )

    def handle(listener: ProgressListener) -> dict[str, Any]:
        with fault_injection.injecting(fault):
            return respond(message, protocol, replace(context, listener=listener))

    return handle


def _headers() -> dict[str, str]:
    """Return the headers that state the protocol; repeated ones are joined by commas."""
    return {name: request.headers[name] for name in HEADERS if name in request.headers}


def _context() -> ToolContext:
    return ToolContext(
        deps=deps(),
        caller=caller(),
        owner=owner(),
        base_url=public_base_url(deps()),
        count=_count,
        may_sign=bool(caller().id),
    )


def _count(limit: LimitName, images: int) -> None:
    """Count a call against a limit, once for each image."""
    count = partial(enforce_limit, deps().rate_limits, limit, caller(), request.environ)
    if limit == "variants":
        count(quiet=True)
        return
    count()
    count_further(deps().rate_limits, limit, caller(), request.environ, images - 1)


def _json(content: object) -> Response:
    response = jsonify(content)
    response.headers["Cache-Control"] = "no-store"
    return response


def _error(
    message_id: jsonrpc.MessageId | None, error: ProtocolError, statuses: dict[int, int]
) -> Response:
    response = _json(jsonrpc.error_of(message_id, error))
    response.status_code = statuses.get(error.code, 200)
    return response
