"""Equal calls of MCP tools at the same time: one draws, and the others wait for its image."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.blueprints.dependencies import dependencies_of
from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.mcp.tools.catalog import call_tool
from app.blueprints.mcp.tools.drawing import GENERATE_IMAGE
from app.models import ANONYMOUS
from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.mcp_client import McpClient, mcp_client
from tests.support.service import Service
from tests.support.tables import each_row

PROMPT = "A red fox"


@each_row("images", [1, 2])
def test_concurrent_equal_calls_get_the_same_images(
    images: int, paid: Service, fake_openai: FakeOpenAI
) -> None:
    """Of calls at the same time one draws, and the others wait for what it draws."""
    finish, limit = threading.Event(), dependencies_of(paid.app).concurrency_limit
    fake_openai.reset()
    fake_openai.always("images", Fault.until(finish))

    def call(number: int) -> dict[str, Any]:
        if number == 3:
            wait_until(lambda: limit._active == 3 + images - 1)
            finish.set()
            return {}
        with mcp_client(f"{paid.url}/mcp") as client:
            return client.content("generate_image", prompt=PROMPT, n=images)

    results = in_threads(4, call)[:3]
    assert sorted(result["charged"] for result in results) == ["no", "no", "yes"]
    assert sorted(result["repeated"] for result in results) == [False, True, True]
    assert results[0]["images"] == results[1]["images"] == results[2]["images"]
    assert fake_openai.paid == images


def test_an_equal_call_waits_for_a_limited_time(
    client: McpClient, paid: Service, fake_openai: FakeOpenAI
) -> None:
    """When its time is over, it says that the image is being drawn, before the client gives up."""
    finish, deps = threading.Event(), dependencies_of(paid.app)
    fake_openai.always("images", Fault.until(finish))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.content, "generate_image", prompt=PROMPT)
        fake_openai.wait_in_flight()
        context = ToolContext(
            deps=deps, caller=ANONYMOUS, owner=None, base_url=paid.url, max_wait_seconds=0
        )
        with paid.app.app_context():
            result = call_tool(GENERATE_IMAGE, {"prompt": PROMPT}, context)
        finish.set()
        assert not first.result()["repeated"]
    error = json.loads(result["content"][0]["text"])
    assert (result["isError"], error["code"]) == (True, "generation_in_progress")
    assert "same arguments" in error["message"]
    assert fake_openai.paid == 1


def test_an_image_is_stored_though_the_client_left(paid: Service, fake_openai: FakeOpenAI) -> None:
    """What was paid for is there, and the same call returns it without another payment."""
    released = threading.Event()
    fake_openai.script("images", Fault.until(released))
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "generate_image",
            "arguments": {"prompt": PROMPT},
            "_meta": {"progressToken": "p"},
        },
    }
    accept = {"Accept": "application/json, text/event-stream"}
    with paid.call("POST", "/mcp", json=message, headers=accept, stream=True) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        first = next(response.iter_lines())
        assert first == b"event: message"
        fake_openai.wait_in_flight()
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    assert paid.call("POST", "/mcp", json=cancelled, headers=accept).status_code == 202
    released.set()
    with mcp_client(f"{paid.url}/mcp") as client:
        found = client.content("generate_image", prompt=PROMPT)
    assert (found["repeated"], fake_openai.paid) == (True, 1)
