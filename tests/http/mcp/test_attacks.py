"""Agents: keys, owners, budgets and messages of the MCP server."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models import Budget, Scope
from tests.attacks.marks import Observe, attack
from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI, Fault
from tests.support.http.authenticated_service import AuthenticatedService, serving_with_keys
from tests.support.service import IMAGE_MICROS, Service, openai_settings

PROMPT = {"prompt": "A red fox"}
TOOLS = ("edit_image", "estimate_cost", "get_image", "make_cutout", "make_variant")
ALL = frozenset(Scope)


def message(tool: str, **arguments: Any) -> dict[str, Any]:
    """Return a call of a tool."""
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def code_of(auth_service: AuthenticatedService, key: str, tool: str, **arguments: Any) -> str:
    """Call a tool and return the code of its error, or `ok`."""
    response = auth_service.call("POST", "/mcp", key, json=message(tool, **arguments))
    assert response.status_code == 200
    result = response.json()["result"]
    if not result["isError"]:
        return "ok"
    return str(json.loads(result["content"][0]["text"])["code"])


@attack("A tool without a key, and with one that is revoked", expect="401 unauthorized")
def test_tools_need_a_key(embedded_auth_service: AuthenticatedService, observe: Observe) -> None:
    """Nothing about the tools is shown either."""
    auth_service = embedded_auth_service
    revoked = auth_service.create_key("alice", ALL)
    auth_service.api_keys.revoke("alice")
    auth_service.clock.advance(60)
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for key in ("", revoked):
        for body in (message("list_images"), listing, [listing]):
            response = auth_service.call("POST", "/mcp", key, json=body)
            assert response.status_code == 401
    observe(response)


@attack("Another caller's image by each tool that names one", expect="image_not_found")
def test_foreign_images_look_absent(
    embedded_auth_service: AuthenticatedService, observe: Observe
) -> None:
    """As for an image that does not exist, with all scopes."""
    auth_service = embedded_auth_service
    alice, bob = auth_service.create_key("alice", ALL), auth_service.create_key("bob", ALL)
    name = auth_service.create_image(alice).rpartition("/")[2]
    for tool in TOOLS:
        needed = PROMPT if tool in {"edit_image", "estimate_cost"} else {}
        found = code_of(auth_service, bob, tool, filename=name, **needed)
        assert found == "image_not_found", tool
        assert code_of(auth_service, alice, tool, filename=name, **needed) == "ok", tool
    observe(found)


@attack("A tool that spends, with a key that may only read", expect="forbidden")
def test_tools_need_their_scope(
    embedded_auth_service: AuthenticatedService, observe: Observe
) -> None:
    """Each tool is refused without its scope, before its arguments are read."""
    auth_service = embedded_auth_service
    reader = auth_service.create_key("reader", frozenset({Scope.READ}))
    writer = auth_service.create_key("writer", frozenset({Scope.GENERATE}))
    spending = ("generate_image", "edit_image", "estimate_cost", "make_cutout")
    for tool in spending:
        found = code_of(auth_service, reader, tool)
        assert found == "forbidden"
    for tool in ("list_images", "get_image", "make_variant", "usage"):
        assert code_of(auth_service, writer, tool) == "forbidden"
    observe(found)


@attack("A batch of calls beyond budget and rate", expect="1 paid, 1 over budget, 2 over rate")
def test_limits_hold_for_batches(tmp_path: Path, fake_openai: FakeOpenAI, observe: Observe) -> None:
    """Each call of a batch counts by itself."""
    with serving_with_keys(
        data_dir=tmp_path, rate_limit_generate="2/minute", **openai_settings(fake_openai)
    ) as auth_service:
        budget = Budget(micros=IMAGE_MICROS * 3 // 2, period="day")
        new = auth_service.api_keys.create("poor", scopes=ALL, budget=budget)
        body = [message("generate_image", prompt=f"A fox {number}") for number in range(4)]
        response = auth_service.call("POST", "/mcp", auth_service.remember(new), json=body)
    texts = [json.loads(one["result"]["content"][0]["text"]) for one in response.json()]
    codes = [text.get("code") for text in texts]
    assert fake_openai.paid == codes.count(None)
    over = (codes.count("budget_exceeded"), codes.count("rate_limited"))
    observe(f"{fake_openai.paid} paid, {over[0]} over budget, {over[1]} over rate")


@attack("A page of another host that resolves to this machine", expect="403 forbidden")
def test_rebound_pages_are_refused(shared_embedded: Service, observe: Observe) -> None:
    """Its host is its own, and so is its origin."""
    headers = {"Host": "evil.example:5000", "Origin": "http://evil.example:5000"}
    observe(shared_embedded.call("POST", "/mcp", json=message("generate_image"), headers=headers))


@attack("A provider's error with keys and addresses in it, during a tool", expect="no secret")
def test_errors_show_no_secret(real: Service, fake_openai: FakeOpenAI, observe: Observe) -> None:
    """Neither its text nor a key is in the result."""
    fake_openai.script("images", Fault.status(500), Fault.rate_limited(), Fault.quota())
    for number in range(3):
        body = message("generate_image", prompt=f"A fox {number}")
        text = real.call("POST", "/mcp", json=body).text
        assert '"isError":true' in text
        assert SECRET_MARKER not in text
        assert fake_openai.api_key not in text
    observe("no secret")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("filename", "prompt", "n", "w", "filter", "holes", "limit", "cursor", "tag", "from")
NAME = "00000000-0000-4000-8000-000000000000.png"
ARGUMENTS = JSON | st.dictionaries(
    st.sampled_from(FIELDS), JSON | st.just(NAME) | st.just("1"), max_size=4
)
PARAMS = JSON | st.fixed_dictionaries(
    {"name": st.sampled_from(("list_images", "usage", "estimate_cost", *TOOLS)) | JSON},
    optional={
        "arguments": ARGUMENTS,
        "_meta": JSON | st.fixed_dictionaries({"progressToken": JSON}),
    },
)
METHODS = st.sampled_from(("tools/call", "tools/list", "initialize", "server/discover", "ping"))
MESSAGES = JSON | st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": METHODS},
    optional={"id": st.integers() | JSON, "params": PARAMS},
)
VERSIONS = st.sampled_from(("", "2025-03-26", "2025-11-25", "2026-07-28", "x"))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(body=st.lists(MESSAGES, max_size=3) | MESSAGES, version=VERSIONS)
def _fuzz(service: Service, outcomes: set[int], body: Any, version: str) -> None:
    headers = {"Content-Type": "application/json"}
    headers |= {"MCP-Protocol-Version": version} if version else {}
    response = service.call("POST", "/mcp", data=json.dumps(body), headers=headers)
    outcomes.add(response.status_code)
    assert response.status_code < 500, response.text
    assert "internal_error" not in response.text
    assert "-32603" not in response.text


@attack("Random messages, arguments and versions", expect="answered or refused, never an error")
def test_random_messages_never_fail(shared_embedded: Service, observe: Observe) -> None:
    """No message is an internal error, and none leaves a traceback."""
    outcomes: set[int] = set()
    _fuzz(shared_embedded, outcomes)
    assert outcomes <= {200, 202, 400, 404}
    assert {200, 400} <= outcomes
    assert "Traceback" not in shared_embedded.log.getvalue()
    observe("answered or refused, never an error")
