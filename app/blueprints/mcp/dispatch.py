"""The methods of the protocol, independent of the transport."""

from typing import Any

from app.blueprints.mcp.jsonrpc import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Message,
    ProtocolError,
)
from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.mcp.tools.catalog import ICONS, TOOLS, call_tool, find_tool, listed_tools
from app.blueprints.mcp.versions import SUPPORTED_VERSIONS, Protocol, negotiated

_TITLE = "Flask Image Generator"
_DESCRIPTION = "Generates images with a transparent background, and keeps the originals."
_INSTRUCTIONS = (
    "Images are generated for money; everything else is free. estimate_cost returns the maximum "
    "cost beforehand, and each result says what was charged and what is left of the budget. A call "
    "of generate_image or edit_image that is repeated with the same arguments within ten minutes "
    "returns the first call's image without another charge, so it is safe to retry after a timeout "
    "or a lost connection. Set `again` to true to pay for another image from the same arguments."
)
_LIST_CACHE_MS = 60_000
_CAPABILITIES: dict[str, object] = {"tools": {"listChanged": False}}
_SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"


def respond(message: Message, protocol: Protocol, context: ToolContext) -> dict[str, Any]:
    """Return the result of a request.

    Raises:
        ProtocolError: the method is unknown, or its parameters are wrong.
    """
    result = _result(message, protocol, context)
    if not protocol.is_stateless:
        return result
    meta = {_SERVER_INFO_KEY: _server_info(context)}
    return result | {"resultType": "complete", "_meta": meta}


def may_draw(message: Message) -> bool:
    """Return whether a request calls a tool that may take minutes."""
    name = message.params.get("name")
    return message.method == "tools/call" and any(
        tool.draws and tool.name == name for tool in TOOLS
    )


def _result(message: Message, protocol: Protocol, context: ToolContext) -> dict[str, Any]:
    match message.method:
        case "tools/call":
            return _call(message, context)
        case "tools/list":
            return _list(message, protocol, context)
        case "initialize" if not protocol.is_stateless:
            return _initialize(message, context)
        case "ping" if not protocol.is_stateless:
            return {}
        case "server/discover" if protocol.is_stateless:
            return _discover()
    raise ProtocolError(METHOD_NOT_FOUND, "Method not found")


def _call(message: Message, context: ToolContext) -> dict[str, Any]:
    tool = find_tool(message.params.get("name"))
    arguments = message.params.get("arguments")
    if not isinstance(arguments, dict | None):
        raise ProtocolError(INVALID_PARAMS, "The arguments must be an object.")
    return call_tool(tool, arguments or {}, context)


def _list(message: Message, protocol: Protocol, context: ToolContext) -> dict[str, Any]:
    if message.params.get("cursor") not in (None, ""):
        raise ProtocolError(INVALID_PARAMS, "Unknown cursor")  # all tools are on one page
    return {"tools": listed_tools(context.caller)} | (_caching() if protocol.is_stateless else {})


def _initialize(message: Message, context: ToolContext) -> dict[str, Any]:
    requested = message.params.get("protocolVersion")
    if not isinstance(requested, str):
        raise ProtocolError(INVALID_PARAMS, "The params lack protocolVersion.")
    return {
        "protocolVersion": negotiated(requested),
        "capabilities": _CAPABILITIES,
        "serverInfo": _server_info(context),
        "instructions": _INSTRUCTIONS,
    }


def _discover() -> dict[str, Any]:
    return {
        "supportedVersions": SUPPORTED_VERSIONS,
        "capabilities": _CAPABILITIES,
        "instructions": _INSTRUCTIONS,
        **_caching(),
    }


def _caching() -> dict[str, Any]:
    """Return for how long a client may keep a result: the tools depend on the key's scopes."""
    return {"ttlMs": _LIST_CACHE_MS, "cacheScope": "private"}


def _server_info(context: ToolContext) -> dict[str, Any]:
    return {
        "name": "flask-image-generator",
        "title": _TITLE,
        "version": context.deps.server_info.version,
        "description": _DESCRIPTION,
        "icons": ICONS,
        "websiteUrl": context.base_url,
    }
