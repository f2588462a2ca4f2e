"""The MCP tools that list and show images, called by the official client."""

import base64
import itertools
import json
from typing import Any

import pytest

from app.blueprints.dependencies import dependencies_of
from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.mcp.tools.catalog import TOOLS, call_tool
from app.models import ANONYMOUS, Scope
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.http.mcp_client import Mode, images_of, mcp_client, text_of
from tests.support.service import Service

MAX_PREVIEW_BYTES = 60_000
ODD_VALUES: tuple[Any, ...] = (
    0,
    -1,
    2**63,
    1.5,
    1e300,
    True,
    "",
    "x",
    "\0",
    "\u2028",
    [],
    [[]],
    [None],
    {},
    {"": 1},
)
ABSENT = "00000000-0000-4000-8000-000000000000.png"


@pytest.mark.parametrize(
    ("mode", "version"), [("2026-07-28", "2026-07-28"), ("legacy", "2025-11-25")]
)
def test_images_are_listed_and_shown(service: Service, mode: Mode, version: str) -> None:
    """Both generations of the protocol list the images, and show one small and with its address."""
    names = [service.generate(prompt).json()["filename"] for prompt in ("A red fox", "A teapot")]
    with mcp_client(f"{service.url}/mcp", mode=mode) as client:
        assert client.version == version
        listed = client.content("list_images", limit=1)
        assert [image["filename"] for image in listed["images"]] == names[1:]
        rest = client.content("list_images", cursor=listed["next_cursor"])
        assert [image["filename"] for image in rest["images"]] == names[:1]
        assert client.content("list_images", q="fox")["total_images"] == 1
        shown = client.call("get_image", filename=names[0])
    assert shown.structured_content["url"] == f"{service.url}/images/{names[0]}"
    assert json.loads(text_of(shown)) == shown.structured_content
    [preview] = images_of(shown)
    data = base64.b64decode(preview.data)
    assert (preview.mime_type, data[:4], data[8:12]) == ("image/webp", b"RIFF", b"WEBP")
    assert len(data) <= MAX_PREVIEW_BYTES


def test_tools_describe_themselves(shared_embedded: Service) -> None:
    """Each tool has a title, an icon, hints, and schemas without references to other documents."""
    with mcp_client(f"{shared_embedded.url}/mcp") as client:
        tools = client.tools()
    for tool in tools.values():
        assert tool.title
        assert tool.output_schema
        assert [icon.src[:26] for icon in tool.icons or ()] == ["data:image/svg+xml;base64,"]
        assert "http" not in json.dumps([tool.input_schema, tool.output_schema])
    hints = {name: tool.annotations for name, tool in tools.items()}
    reading = {name for name, hint in hints.items() if hint and hint.read_only_hint}
    assert {"get_image", "list_images"} <= reading


def test_errors_of_tools_are_results(shared_embedded: Service) -> None:
    """A wrong argument and a missing image are results that say what is wrong."""
    with mcp_client(f"{shared_embedded.url}/mcp") as client:
        missing = client.call("get_image", filename=ABSENT)
        wrong = client.call("get_image", filename=ABSENT, extra=1)
        unusable = client.call("list_images", cursor="?")
    assert all(result.is_error for result in (missing, wrong, unusable))
    assert json.loads(text_of(missing))["code"] == "image_not_found"
    assert json.loads(text_of(wrong))["errors"] == [{"field": "extra", "message": "Unknown field."}]
    assert json.loads(text_of(unusable))["code"] == "invalid_request"


def test_no_argument_is_an_internal_error(shared_embedded: Service) -> None:
    """Whatever JSON value an argument has, it is valid or reported as invalid; null is no value."""
    context = ToolContext(
        deps=dependencies_of(shared_embedded.app), caller=ANONYMOUS, owner=None, base_url=""
    )
    given: dict[str, Any] = {"filename": ABSENT, "n": 0}  # so that nothing is drawn
    with shared_embedded.app.test_request_context():
        for tool in TOOLS:
            names = tool.arguments.model_json_schema()["properties"]
            needed = {name: value for name, value in given.items() if name in names}
            for name, value in itertools.product(names, ODD_VALUES):
                result = call_tool(tool, {**needed, name: value}, context)
                error = json.loads(result["content"][0]["text"]) if result["isError"] else {}
                assert error.get("code", "") in {"", "invalid_request", "image_not_found"}, (
                    tool.name,
                    {name: value},
                )
            nulls = call_tool(tool, {name: needed.get(name) for name in names}, context)
            assert nulls["isError"] == call_tool(tool, needed, context)["isError"], tool.name


def test_tools_follow_the_scopes_of_the_key(embedded_auth_service: AuthenticatedService) -> None:
    """A caller sees its own images only, and tools that its key can't use are not listed."""
    auth_service = embedded_auth_service
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob")
    monitor = auth_service.create_key("monitor", frozenset({Scope.METRICS}))
    name = auth_service.create_image(alice).rpartition("/")[2]
    url = f"{auth_service.service.url}/mcp"
    with mcp_client(url, key=alice) as client:
        assert client.content("list_images")["total_images"] == 1
    with mcp_client(url, key=bob) as client:
        assert client.content("list_images")["total_images"] == 0
        assert json.loads(text_of(client.call("get_image", filename=name)))["code"] == (
            "image_not_found"
        )
    with mcp_client(url, key=monitor) as client:
        assert client.tools() == {}
        assert json.loads(text_of(client.call("list_images")))["code"] == "forbidden"
