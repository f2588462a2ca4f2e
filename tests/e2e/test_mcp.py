"""The MCP server as shipped: under gunicorn and over standard input, with the official client."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.mcp_client import NEWEST, McpClient, Mode, images_of, mcp_client, text_of
from tests.support.servers.gunicorn import ROOT, TIMEOUT_SECONDS, environment, gunicorn
from tests.support.service import openai_settings

PROMPT = "A red fox"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "generate_image", "arguments": {"prompt": PROMPT}},
}
COMMAND = [sys.executable, "-m", "flask", "--app", "wsgi", "mcp"]


@contextmanager
def connected(transport: str, folder: Path, settings: dict[str, Any]) -> Iterator[McpClient]:
    """Start the server and connect the official client: newest version, or with a handshake."""
    mode: Mode = "legacy" if transport.endswith("handshake") else NEWEST
    if transport.startswith("http"):
        with (
            gunicorn(folder, web_concurrency=2, **settings) as server,
            mcp_client(f"{server.url}/mcp", mode=mode) as client,
        ):
            yield client
        return
    from mcp import StdioServerParameters

    values = environment(settings | {"data_dir": folder / "data"})
    command = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=values, cwd=str(ROOT))
    with mcp_client(command, mode=mode) as client:
        yield client


@pytest.mark.parametrize("transport", ["http", "http handshake", "stdio", "stdio handshake"])
def test_every_tool_works(transport: str, tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Initialize, list, each tool, an error and progress; two images are paid."""
    with connected(transport, tmp_path, openai_settings(fake_openai)) as client:
        assert client.version == ("2025-11-25" if "handshake" in transport else NEWEST)
        called = {"estimate_cost", "usage", "list_images"}
        assert client.content("estimate_cost", prompt=PROMPT)["estimate_usd"] > 0
        generated = client.follow("generate_image", prompt=PROMPT)
        name = generated.structured_content["images"][0]["filename"]
        assert "Drawing" in {text for _, text in client.progress}
        rows: dict[str, dict[str, Any]] = {
            "edit_image": {"prompt": "Make it blue"},
            "get_image": {},
            "make_variant": {"w": 64},
            "make_cutout": {"holes": "keep"},
        }
        for tool, fields in rows.items():
            result = client.call(tool, filename=name, **fields)
            assert not result.is_error, text_of(result)
            assert images_of(result)
            called.add(tool)
        assert client.content("list_images")["total_images"] == 3
        assert client.content("usage")["days"][0]["images"] == 2
        assert client.content("generate_image", prompt=PROMPT)["repeated"]
        fake_openai.script("images", Fault.rate_limited())
        failed = json.loads(text_of(client.call("generate_image", prompt="A teapot")))
        assert (failed["code"], failed["charged"]) == ("provider_rate_limited", "no")
        assert called | {"generate_image"} == client.tools().keys()
    assert fake_openai.paid == 2


def test_a_killed_worker_is_not_paid_again(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """After kill -9 in the middle of a call, the same call waits for it and does not draw again."""
    fake_openai.script("images", Fault.delay(TIMEOUT_SECONDS))

    def post(timeout: float = TIMEOUT_SECONDS) -> requests.Response:
        return requests.post(f"{server.url}/mcp", json=CALL, timeout=timeout)

    with gunicorn(tmp_path, web_concurrency=1, **openai_settings(fake_openai)) as server:
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(post)
            fake_openai.wait_in_flight()
            os.kill(server.workers()[0], signal.SIGKILL)
        assert isinstance(call.exception(), requests.ConnectionError)
        fake_openai.clear()
        wait_until(lambda: server.log().count("Booting worker") == 2)
        with pytest.raises(requests.ReadTimeout):
            post(timeout=3)
    assert len(fake_openai.requests_to("images")) == 1


def test_standard_output_carries_messages_only(tmp_path: Path) -> None:
    """Each line is a response, whatever the input; the end of the input ends the command."""
    lines = [
        b"{broken",
        b"[]",
        b"",
        b" " * 70_000,
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode(),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled"}).encode(),
        json.dumps(CALL | {"id": "two"}).encode(),
    ]
    done = subprocess.run(
        COMMAND,
        input=b"\n".join(lines),
        cwd=ROOT,
        env=environment({"data_dir": tmp_path, "log_level": "debug"}),
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    responses = [json.loads(line) for line in done.stdout.rstrip(b"\n").split(b"\n")]
    assert [one["jsonrpc"] for one in responses] == ["2.0"] * 5
    codes = [one["error"]["code"] for one in responses if "error" in one]
    assert codes == [-32700, -32600, -32600]
    results = {one["id"]: one["result"] for one in responses if "result" in one}
    assert results[1] == {}
    assert results["two"]["structuredContent"]["images"]
    assert b"ready" in done.stderr
