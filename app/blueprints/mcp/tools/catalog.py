"""All tools: how they are listed, and how one is called."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any

from app.blueprints.mcp.jsonrpc import INVALID_PARAMS, ProtocolError
from app.blueprints.mcp.tools import changing, drawing, reading
from app.blueprints.mcp.tools.base import Tool, ToolContext
from app.blueprints.mcp.tools.results import failure, success
from app.errors import Forbidden
from app.http.contract.validation import validate
from app.models import Caller

TOOLS: tuple[Tool, ...] = (
    drawing.GENERATE_IMAGE,
    drawing.EDIT_IMAGE,
    drawing.ESTIMATE_COST,
    reading.LIST_IMAGES,
    reading.GET_IMAGE,
    changing.MAKE_VARIANT,
    changing.MAKE_CUTOUT,
    reading.USAGE,
)
_BY_NAME = {tool.name: tool for tool in TOOLS}

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="8" fill="#0f766e"/><circle cx="16" cy="16" r="8" fill="#fff"/></svg>'
)
ICONS = (
    {
        "src": f"data:image/svg+xml;base64,{base64.b64encode(_ICON.encode()).decode()}",
        "mimeType": "image/svg+xml",
        "sizes": ["any"],
    },
)
"""The icon of the service, as a file of its own."""


def find_tool(name: object) -> Tool:
    """Return the tool of a name.

    Raises:
        ProtocolError: there is none.
    """
    tool = _BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        raise ProtocolError(INVALID_PARAMS, "Unknown tool")
    return tool


def listed_tools(caller: Caller) -> list[dict[str, Any]]:
    """Return the descriptions of the tools that a caller may use."""
    return [_description(tool) for tool in TOOLS if tool.scope in caller.scopes]


def call_tool(tool: Tool, values: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
    """Call a tool and return its result, which is an error if the call fails.

    Args:
        tool: the tool.
        values: the arguments as the client sent them; null counts as not given.
        context: who calls it, and with what.
    """
    try:
        if tool.scope not in context.caller.scopes:
            raise Forbidden(f"key {context.caller.id} lacks the scope {tool.scope}")
        given = {name: value for name, value in values.items() if value is not None}
        arguments = validate(tool.arguments, given)
        context.count(tool.limit, tool.images(arguments))
        return success(tool.run(context, arguments))
    except Exception as error:  # noqa: BLE001 - reason: the model learns what happened and what it cost
        return failure(error, may_charge=tool.draws)


@cache
def _description(tool: Tool) -> dict[str, Any]:
    hints = tool.hints
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "icons": ICONS,
        "inputSchema": tool.arguments.model_json_schema(mode="validation"),
        "outputSchema": tool.result.model_json_schema(mode="serialization"),
        "annotations": {
            "title": tool.title,
            "readOnlyHint": hints.reads_only,
            "destructiveHint": hints.destroys,
            "idempotentHint": hints.is_idempotent,
            "openWorldHint": hints.is_open_world,
        },
    }
