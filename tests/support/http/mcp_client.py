"""The official client of the Model Context Protocol, for tests that are not asynchronous."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal
    from mcp import Client, StdioServerParameters
    from mcp_types import CallToolResult, ImageContent, Tool

Mode = Literal["auto", "legacy", "2026-07-28"]
"""The newest version that the server has, the newest one with a handshake, or this one.

To find the first, the client waits ten seconds at most for a server.
"""
NEWEST: Mode = "2026-07-28"


@dataclass
class McpClient:
    """A connected client, and the progress that it has received."""

    client: "Client"
    portal: "BlockingPortal"
    progress: list[tuple[float, str | None]] = field(default_factory=list)

    @property
    def version(self) -> str:
        """The version of the protocol that client and server agreed on."""
        return str(self.client.protocol_version)

    def tools(self) -> dict[str, "Tool"]:
        """Return the tools by name."""
        listed = self.portal.call(self.client.list_tools)
        return {tool.name: tool for tool in listed.tools}

    def call(self, name: str, **arguments: Any) -> "CallToolResult":
        """Call a tool; the client checks the structured content by the tool's schema."""
        result: CallToolResult = self.portal.call(self._call, name, arguments, None)
        return result

    def follow(self, name: str, **arguments: Any) -> "CallToolResult":
        """Call a tool and ask for notifications of its progress."""
        result: CallToolResult = self.portal.call(self._call, name, arguments, self._on_progress)
        return result

    def content(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that succeeds, and return its structured content."""
        result = self.call(name, **arguments)
        assert not result.is_error, text_of(result)
        content: dict[str, Any] = result.structured_content
        return content

    async def _call(self, name: str, arguments: dict[str, Any], progress: Any) -> "CallToolResult":
        return await self.client.call_tool(name, arguments, progress_callback=progress)

    async def _on_progress(self, progress: float, _: float | None, message: str | None) -> None:
        self.progress.append((progress, message))


@contextmanager
def mcp_client(
    server: "str | StdioServerParameters", *, key: str = "", mode: Mode = NEWEST
) -> Iterator[McpClient]:
    """Connect to a server.

    Args:
        server: the server's URL, or the command that serves standard input.
        key: the API key, if the server requires one.
        mode: the version to speak, or how to find one.
    """
    import httpx2  # here, as its import takes a second in each process of a run
    from anyio.from_thread import start_blocking_portal
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with start_blocking_portal() as portal:
        http_client = httpx2.AsyncClient(headers=headers, timeout=60)
        transport = (
            streamable_http_client(server, http_client=http_client)
            if isinstance(server, str)
            else server
        )
        client = Client(transport, mode=mode)
        with portal.wrap_async_context_manager(client):
            yield McpClient(client, portal)
        portal.call(http_client.aclose)


def text_of(result: "CallToolResult") -> str:
    """Return the text of a result."""
    from mcp_types import TextContent

    return "".join(part.text for part in result.content if isinstance(part, TextContent))


def images_of(result: "CallToolResult") -> "list[ImageContent]":
    """Return the images of a result."""
    from mcp_types import ImageContent

    return [part for part in result.content if isinstance(part, ImageContent)]
