"""The MCP tools that draw, called by the official client, with a provider that counts payments."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.models import Budget
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.fakes.ports import FakeClock
from tests.support.http.authenticated_service import DEFAULT_SCOPES, serving_with_keys
from tests.support.http.mcp_client import McpClient, images_of, mcp_client, text_of
from tests.support.service import IMAGE_MICROS, Service, openai_settings

PROMPT = "A red fox"


def test_an_image_is_generated_edited_and_priced(client: McpClient) -> None:
    """Estimate, generate, edit, look and report: costs are the same everywhere."""
    estimate = client.content("estimate_cost", prompt=PROMPT, n=2)
    assert (estimate["images"], estimate["budget"]) == (2, None)
    generated = client.call("generate_image", prompt=PROMPT)
    content = generated.structured_content
    [image] = content["images"]
    assert (content["charged"], content["repeated"], content["failures"]) == ("yes", False, [])
    assert 0 < content["cost_usd"] <= estimate["estimate_usd"] / 2
    assert len(images_of(generated)) == 1
    edited = client.content("edit_image", filename=image["filename"], prompt="Make it blue")
    assert edited["images"][0]["parents"] == [image["filename"]]
    assert client.content("estimate_cost", prompt="x", filename=image["filename"])["estimate_usd"]
    shown = client.content("get_image", filename=image["filename"])
    assert (shown["prompt"], shown["charged"]) == (PROMPT, "yes")
    spent = content["cost_usd"] + edited["cost_usd"]
    assert client.content("usage")["cost_usd"] == pytest.approx(spent)


def test_variants_and_cutouts_are_free(
    client: McpClient, paid: Service, fake_openai: FakeOpenAI
) -> None:
    """Their addresses work, and neither is charged."""
    name = client.content("generate_image", prompt=PROMPT)["images"][0]["filename"]
    made = client.call("make_variant", filename=name, w=64, format="webp", filter=["sepia"])
    variant = made.structured_content
    fetched = paid.get(variant["url"].removeprefix(paid.url))
    assert (fetched.headers["Content-Type"], len(fetched.content)) == (
        variant["content_type"],
        variant["size_bytes"],
    )
    assert [image.mime_type for image in images_of(made)] == ["image/webp"]
    assert variant["expires_at"] is None
    cutout = client.content("make_cutout", filename=name, holes="keep")
    assert (cutout["parent"], cutout["charged"]) == (name, "no")
    assert fake_openai.paid == 1
    wrong: list[dict[str, Any]] = [
        {"w": 0},
        {"w": [1]},
        {"w": {}},
        {"rotate": True},
        {"sig": "x"},
        {"filter": [[]]},
        {"format": "jpeg", "background": "transparent"},
    ]
    for options in wrong:
        result = client.call("make_variant", filename=name, **options)
        assert json.loads(text_of(result))["code"] == "invalid_request", options


def test_equal_calls_pay_once_for_ten_minutes(
    client: McpClient, paid: Service, fake_openai: FakeOpenAI
) -> None:
    """The server derives the key: a repeated call is free, unless it says so or much later."""
    clock = paid.ports.clock
    assert isinstance(clock, FakeClock)
    first = client.content("generate_image", prompt=PROMPT)
    clock.advance(9 * 60)
    again = client.content("generate_image", prompt=PROMPT, n=1, size="1024x1024", enhance=None)
    assert (again["repeated"], again["charged"], again["cost_usd"]) == (True, "no", 0)
    assert again["images"] == first["images"]
    assert fake_openai.paid == 1
    for fields in ({"prompt": "A teapot"}, {"prompt": PROMPT, "quality": "low"}):
        assert not client.content("generate_image", **fields)["repeated"]
    assert fake_openai.paid == 3
    bought = client.content("generate_image", prompt=PROMPT, again=True)
    assert (bought["repeated"], fake_openai.paid) == (False, 4)
    newest = client.content("generate_image", prompt=PROMPT)
    assert (newest["images"], fake_openai.paid) == (bought["images"], 4)
    edit = {"filename": first["images"][0]["filename"], "prompt": "Make it blue"}
    assert not client.content("edit_image", **edit)["repeated"]
    assert client.content("edit_image", **edit)["repeated"]
    assert fake_openai.paid == 5
    clock.advance(60 * 60)
    assert not client.content("generate_image", prompt=PROMPT)["repeated"]
    assert fake_openai.paid == 6


def test_candidates_are_listed_and_repeated(client: McpClient, fake_openai: FakeOpenAI) -> None:
    """A call for several images lists each, with a failure among them; a repeat draws that one."""
    fake_openai.script("images", Fault.rate_limited())
    first = client.content("generate_image", prompt=PROMPT, n=2)
    assert (len(first["images"]), [one["charged"] for one in first["failures"]]) == (1, ["no"])
    second = client.content("generate_image", prompt=PROMPT, n=2)
    assert (len(second["images"]), second["failures"], second["repeated"]) == (2, [], False)
    assert second["images"][0]["group"]
    assert fake_openai.paid == 2


def test_errors_report_the_charge(client: McpClient, fake_openai: FakeOpenAI) -> None:
    """Each error is a result with its code and what it cost; none shows the provider's text."""
    rows = [
        (Fault.rate_limited(), "provider_rate_limited", "no"),
        (Fault.status(500), "provider_error", "unknown"),
        (Fault.moderation_blocked(), "prompt_rejected", "no"),
    ]
    for number, (fault, code, charged) in enumerate(rows):
        fake_openai.script("images", fault)
        result = client.call("generate_image", prompt=f"{PROMPT} {number}")
        body = json.loads(text_of(result))
        assert (result.is_error, body["code"], body["charged"]) == (True, code, charged)
        assert "Idempotency" not in text_of(result)
        assert fake_openai.api_key not in text_of(result)
    repeated = json.loads(text_of(client.call("generate_image", prompt=f"{PROMPT} 1")))
    assert (repeated["code"], repeated["charged"]) == ("outcome_unknown", "unknown")
    assert "`again`" in repeated["message"]


def test_budgets_rates_and_owners_hold(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A refusal of the budget says when it resets; each caller has its own recent calls."""
    with serving_with_keys(
        data_dir=tmp_path, rate_limit_generate="3/minute", **openai_settings(fake_openai)
    ) as auth_service:
        url = f"{auth_service.service.url}/mcp"
        budget = Budget(micros=2 * IMAGE_MICROS, period="day")
        poor = auth_service.remember(
            auth_service.api_keys.create("poor", scopes=DEFAULT_SCOPES, budget=budget)
        )
        with mcp_client(url, key=poor) as client:
            first = client.content("generate_image", prompt=PROMPT)
            assert first["budget"]["remaining_usd"] < first["budget"]["limit_usd"]
            refused = json.loads(text_of(client.call("generate_image", prompt="A teapot")))
            assert (refused["code"], refused["charged"]) == ("budget_exceeded", "no")
            assert refused["resets_at"] in refused["message"]
            assert client.content("generate_image", prompt=PROMPT)["repeated"]
            limited = json.loads(text_of(client.call("generate_image", prompt=PROMPT)))
            assert limited["code"] == "rate_limited"
            assert limited["retry_after"] >= 1
        with mcp_client(url, key=auth_service.create_key("bob")) as client:
            assert not client.content("generate_image", prompt=PROMPT)["repeated"]
            name = first["images"][0]["filename"]
            for tool, fields in (
                ("edit_image", {"prompt": "x"}),
                ("make_variant", {"w": 64}),
                ("make_cutout", {"holes": "keep"}),
            ):
                foreign = client.call(tool, filename=name, **fields)
                assert json.loads(text_of(foreign))["code"] in {"image_not_found", "rate_limited"}
    assert fake_openai.paid == 2


def test_progress_is_reported_while_drawing(client: McpClient) -> None:
    """Numbers rise, and the texts name what is being done."""
    result = client.follow("generate_image", prompt=PROMPT)
    assert not result.is_error
    numbers = [number for number, _ in client.progress]
    assert numbers == sorted(set(numbers))
    assert {"Drawing", "Removing the background"} <= {text for _, text in client.progress}
