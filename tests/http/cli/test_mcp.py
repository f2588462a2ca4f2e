"""`flask mcp`, with messages on standard input."""

import json
from typing import Any

from tests.support.service import CommandLine


def call(target: CommandLine, owner: str | None, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the structured content of a tool's result, for a key's owner or for the operator."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    words = ["mcp", *(["--owner", owner] if owner else [])]
    runner = target.app.test_cli_runner()
    result = runner.invoke(args=words, input=f"{json.dumps(message)}\n")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)["result"]["structuredContent"]
    return content


def test_owner_pays_and_sees_own_images_only(target: CommandLine) -> None:
    """With --owner an image belongs to that key; without it the tools see all images."""
    runner = target.app.test_cli_runner()
    for name in ("alice", "bob"):
        assert runner.invoke(args=["keys", "create", name]).exit_code == 0
    (image,) = call(target, "alice", "generate_image", prompt="A red fox")["images"]
    keys = {key.name: key.id for key in target.ports.api_keys.list()}
    (record,) = target.ports.records.scan(limit=9)
    assert (f"{record.id}.png", record.owner) == (image["filename"], keys["alice"])
    assert call(target, "alice", "generate_image", prompt="A red fox")["repeated"]
    found = {
        owner: call(target, owner, "list_images")["total_images"]
        for owner in ("alice", "bob", None)
    }
    assert found == {"alice": 1, "bob": 0, None: 1}
    unknown = runner.invoke(args=["mcp", "--owner", "carol"], input="")
    assert unknown.exit_code == 2
    assert "carol" in unknown.stderr
