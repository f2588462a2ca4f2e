"""The wire of POST /mcp: versions, headers, batches, malformed messages and origins."""

import json
from typing import Any

import pytest
import requests

from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.service import Service

JSON = "application/json"
ACCEPT = {"Accept": f"{JSON}, text/event-stream", "Content-Type": JSON}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = {"jsonrpc": "2.0", "id": "a", "method": "tools/list"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
NEWEST = {"MCP-Protocol-Version": "2026-07-28"}


def post(service: Service, message: Any, **headers: str) -> requests.Response:
    """Post a message, or a body that is none."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return service.call("POST", "/mcp", data=body, headers=ACCEPT | headers)


def described(method: str, **params: Any) -> dict[str, Any]:
    """Return a request of the newest version."""
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": META, **params}}


@pytest.mark.parametrize(
    ("requested", "agreed"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        ("2026-07-28", "2025-11-25"),
        ("1.0", "2025-11-25"),
    ],
)
def test_a_handshake_agrees_on_a_version(
    shared_embedded: Service, requested: str, agreed: str
) -> None:
    """The client's version if it is known, else the newest that has a handshake; no session."""
    params = {"protocolVersion": requested, "capabilities": {}, "clientInfo": {"name": "test"}}
    response = post(shared_embedded, {**PING, "method": "initialize", "params": params})
    result = response.json()["result"]
    assert (result["protocolVersion"], result["capabilities"]) == (
        agreed,
        {"tools": {"listChanged": False}},
    )
    assert result["serverInfo"]["name"] == "flask-image-generator"
    assert "Mcp-Session-Id" not in response.headers


MALFORMED: dict[str, tuple[Any, int]] = {
    "no JSON": (b"{", -32700),
    "no UTF-8": (b'{"jsonrpc":"\xff"}', -32700),
    "a key twice": (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32700),
    "nested": (b"[" * 5000 + b"]" * 5000, -32700),
    "empty": (b"", -32700),
    "null": (None, -32600),
    "a string": ("ping", -32600),
    "another version": ({**PING, "jsonrpc": "1.0"}, -32600),
    "id null": ({**PING, "id": None}, -32600),
    "id true": ({**PING, "id": True}, -32600),
    "id 1.5": ({**PING, "id": 1.5}, -32600),
    "id list": ({**PING, "id": [1]}, -32600),
    "no method": ({"jsonrpc": "2.0", "id": 1}, -32600),
    "method 1": ({**PING, "method": 1}, -32600),
    "empty batch": ([], -32600),
    "large batch": ([PING] * 11, -32600),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_messages_are_refused(shared_embedded: Service, name: str) -> None:
    """A body that is no message gets 400 and a JSON-RPC error without an id of its own making."""
    body, code = MALFORMED[name]
    response = post(shared_embedded, body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert response.json()["id"] in {None, 1}


def test_errors_of_requests_have_codes(shared_embedded: Service) -> None:
    """Unknown methods, tools and parameters are JSON-RPC errors; since 2026-07-28 with a status."""
    rows: list[tuple[str, dict[str, Any], int, int]] = [
        ("resources/list", {}, -32601, 404),
        ("initialize", {"protocolVersion": "2025-11-25"}, -32601, 404),
        ("ping", {}, -32601, 404),
        ("tools/list", {"cursor": "x"}, -32602, 400),
        ("tools/call", {"name": "rm"}, -32602, 400),
        ("tools/call", {"name": "list_images", "arguments": []}, -32602, 400),
    ]
    for method, params, code, status in rows:
        headers = NEWEST | {"Mcp-Method": method}
        headers |= {"Mcp-Name": params["name"]} if "name" in params else {}
        response = post(shared_embedded, described(method, **params), **headers)
        found = (response.status_code, response.json()["error"]["code"], response.json()["id"])
        assert found == (status, code, 7), method
    for method, params, code, _ in rows[3:]:
        request = {**PING, "method": method, "params": params}
        response = post(shared_embedded, request, **{"MCP-Protocol-Version": "2025-06-18"})
        assert (response.status_code, response.json()["error"]["code"]) == (200, code)
    for empty in (None, {"cursor": None}, {"cursor": ""}, {"_meta": None}):
        listed = post(shared_embedded, {**LIST, "params": empty})
        assert listed.json()["result"]["tools"], empty
    request = {**PING, "params": [1]}
    assert post(shared_embedded, request).json()["error"]["code"] == -32602


def test_headers_agree_with_the_message(shared_embedded: Service) -> None:
    """A version that is unknown, missing or contradicts the message is 400."""
    call = described("tools/call", name="list_images")
    method = {"Mcp-Method": "tools/call"}
    rows: list[tuple[Any, dict[str, str], int]] = [
        (PING, {"MCP-Protocol-Version": "1999-01-01"}, -32022),
        ([PING], {"MCP-Protocol-Version": "1999-01-01"}, -32022),
        (PING, NEWEST, -32602),
        (call, method | {"Mcp-Name": "list_images"}, -32020),
        (call, NEWEST | {"Mcp-Name": "list_images"}, -32020),
        (call, NEWEST | method, -32020),
        (call, NEWEST | method | {"Mcp-Name": "get_image"}, -32020),
        (call, NEWEST | method | {"Mcp-Name": "=?base64?!?="}, -32020),
        (call, {"MCP-Protocol-Version": "2025-11-25", **method}, -32020),
    ]
    for message, headers, code in rows:
        response = post(shared_embedded, message, **headers)
        assert (response.status_code, response.json()["error"]["code"]) == (400, code), headers
    encoded = {"Mcp-Name": "=?base64?bGlzdF9pbWFnZXM=?="}
    assert post(shared_embedded, call, **NEWEST, **method, **encoded).status_code == 200


def test_results_of_the_newest_version_describe_themselves(shared_embedded: Service) -> None:
    """They have a type and name the server; lists say for how long they may be kept."""
    discover = post(
        shared_embedded, described("server/discover"), **NEWEST, **{"Mcp-Method": "server/discover"}
    ).json()["result"]
    tools = post(
        shared_embedded, described("tools/list"), **NEWEST, **{"Mcp-Method": "tools/list"}
    ).json()["result"]
    assert {"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"} <= set(
        discover["supportedVersions"]
    )
    for result in (discover, tools):
        assert (result["resultType"], result["cacheScope"]) == ("complete", "private")
        assert result["ttlMs"] >= 0
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["version"]


def test_batches_are_for_old_versions(shared_embedded: Service) -> None:
    """Only versions before 2025-06-18 have batches; notifications in them have no response."""
    notice = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    batch = [PING, notice, {**PING, "id": 2, "method": "none"}, {"jsonrpc": "2.0", "id": 3}]
    responses = post(shared_embedded, batch, **{"MCP-Protocol-Version": "2025-03-26"}).json()
    assert [one["id"] for one in responses] == [1, 2, 3]
    assert responses[0]["result"] == {}
    assert [one["error"]["code"] for one in responses[1:]] == [-32601, -32600]
    assert post(shared_embedded, [notice]).status_code == 202
    initialize = {**PING, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    assert post(shared_embedded, [initialize]).json()[0]["error"]["code"] == -32600
    for version in ("2025-06-18", "2025-11-25", "2026-07-28"):
        response = post(shared_embedded, batch, **{"MCP-Protocol-Version": version})
        assert (response.status_code, response.json()["error"]["code"]) == (400, -32600)


def test_notifications_are_accepted(shared_embedded: Service) -> None:
    """Notifications, of cancellation too, and stray responses are 202 without a body."""
    cancelled = {
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": 1, "reason": "timeout"},
    }
    rows: list[tuple[Any, dict[str, str]]] = [
        ({"jsonrpc": "2.0", "method": "notifications/initialized"}, {}),
        (cancelled, {}),
        (cancelled, NEWEST),
        ({"jsonrpc": "2.0", "id": 9, "result": {}}, {}),
    ]
    for message, headers in rows:
        response = post(shared_embedded, message, **headers)
        assert (response.status_code, response.content) == (202, b"")


def test_other_requests_are_refused(shared_embedded: Service) -> None:
    """There is no stream to GET and no session to DELETE; bodies are JSON of at most 64 KiB."""
    for method in ("GET", "DELETE", "PUT"):
        response = shared_embedded.call(method, "/mcp", headers=ACCEPT)
        assert response.status_code == 405
        assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert post(shared_embedded, PING, Accept="text/event-stream").status_code == 406
    assert post(shared_embedded, PING, Accept="image/png, application/json;q=0").status_code == 406
    assert post(shared_embedded, PING, Accept="*/*").status_code == 200
    assert post(shared_embedded, PING, **{"Content-Type": "text/plain"}).status_code == 415
    assert post(shared_embedded, b" " * (64 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("http://evil.example:5000", 403),
        ("http://localhost.evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("null", 403),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:1", 200),
    ],
)
def test_pages_of_foreign_origins_are_refused(
    shared_embedded: Service, origin: str, status: int
) -> None:
    """A page whose host resolves to this machine has a foreign origin, whatever CORS allows."""
    host = {"Host": origin.removeprefix("http://")} if "evil" in origin else {}
    assert post(shared_embedded, PING, Origin=origin, **host).status_code == status


def test_a_key_is_required(embedded_auth_service: AuthenticatedService) -> None:
    """Without a valid key every message is 401, with a challenge; with one, origins are free."""
    service, key = embedded_auth_service.service, embedded_auth_service.create_key("alice")
    for headers in ({}, {"Authorization": "Bearer igk_none"}):
        for body in (PING, LIST, b"{broken"):
            response = post(service, body, **headers)
            assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    foreign = {"Origin": "https://agent.example", "Authorization": f"Bearer {key}"}
    assert post(service, LIST, **foreign).status_code == 200
