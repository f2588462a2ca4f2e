"""Costs in responses, and GET /usage."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.reply import Reply
from tests.support.service import IMAGE_MICROS, Service, micros


def test_cost_is_the_same_in_all_responses(real: Service) -> None:
    """Generation, metadata, list and usage report the cost of the tokens that the model used."""
    image = real.generate("A red fox").json()
    text = len(image["new_prompt"]) // 4 + 7
    assert micros(image["cost_usd"]) == IMAGE_MICROS + 5 * text
    name = image["filename"]
    assert real.get(f"/images/{name}/metadata").json()["cost_usd"] == image["cost_usd"]
    assert real.images()[0]["cost_usd"] == image["cost_usd"]
    usage_after = real.usage()
    today = datetime.now(UTC).date().isoformat()
    day = {"cost_usd": image["cost_usd"], "images": 1, "images_of_unknown_cost": 0}
    assert usage_after == {
        "status": "success",
        "account": None,
        "budget": None,
        "days": [{"date": today, **day}],
        "cost_usd": image["cost_usd"],
    }


def test_cost_includes_enhance(paid_service: Service) -> None:
    """An image with an enhanced prompt costs the sum of both calls."""
    image = paid_service.generate("A red fox", enhance=True).json()
    text = len(image["new_prompt"]) // 4 + 7
    cost_of_image = IMAGE_MICROS + 5 * text
    assert cost_of_image < micros(image["cost_usd"]) < cost_of_image + 500
    assert paid_service.usage()["cost_usd"] == image["cost_usd"]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"output_tokens": None},
        {"output_tokens": -1},
        {"output_tokens": True},
        {"output_tokens": 10**12},
    ],
    ids=str,
)
def test_unknown_cost_is_null_and_its_estimate_stays_reserved(
    paid_service: Service, fake_openai: FakeOpenAI, usage: Any
) -> None:
    """Without valid token usage the cost is null, never 0, and the estimate counts as spent."""

    def replace_usage(reply: Reply) -> Reply:
        document = reply.document()
        replaced = document["usage"] | usage if usage else usage
        return reply.with_document(document | {"usage": replaced})

    fake_openai.script("images", Behavior("odd usage", paid=True, rewrite=replace_usage))
    assert paid_service.generate().json()["cost_usd"] is None
    usage_after = paid_service.usage()
    assert usage_after["days"][0]["images_of_unknown_cost"] == 1
    assert micros(usage_after["cost_usd"]) > IMAGE_MICROS


def test_free_failure_releases_its_reservation(
    paid_service: Service, fake_openai: FakeOpenAI
) -> None:
    """The reservation for an image that was rejected at no charge is released."""
    fake_openai.script("images", Fault.rate_limited())
    assert paid_service.generate().json()["charged"] == "no"
    assert paid_service.usage()["cost_usd"] == 0


def test_unknown_charge_stays_reserved(paid_service: Service, fake_openai: FakeOpenAI) -> None:
    """If the charge is unknown, the estimate counts as spent."""
    fake_openai.script("images", Fault.drop_before_response())
    assert paid_service.generate().json()["charged"] == "unknown"
    usage_after = paid_service.usage()
    assert micros(usage_after["cost_usd"]) > IMAGE_MICROS
    assert usage_after["days"][0]["images"] == 0


def test_replay_is_free(paid_service: Service) -> None:
    """A repeated idempotency key returns the same cost, which is counted once."""
    body, headers = {"prompt": "A red fox"}, {"Idempotency-Key": "one"}
    first, replayed = (
        paid_service.call("POST", "/generate-image", json=body, headers=headers) for _ in range(2)
    )
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json() == first.json()
    usage_after = paid_service.usage()
    assert (usage_after["cost_usd"], usage_after["days"][0]["images"]) == (
        first.json()["cost_usd"],
        1,
    )


def test_prompts_are_charged_once_per_pool(paid_service: Service) -> None:
    """Filling the pool costs money, using it is free, and no image is counted."""
    assert paid_service.get("/generate-prompts").status_code == 200
    first = paid_service.usage()
    assert 0 < micros(first["cost_usd"]) < 1000
    assert first["days"][0]["images"] == 0
    assert paid_service.get("/generate-prompts").status_code == 200
    assert paid_service.usage() == first


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-13-01",
        "to=yesterday",
        "to=0",
        "to=2026-W01-1",
        "from=2026-11-02&to=2026-11-01",
        "from=2025-01-01&to=2026-11-01",
        "other=1",
    ],
)
def test_invalid_ranges_of_days_are_rejected(embedded: Service, query: str) -> None:
    """An invalid, reversed or too long range is 400."""
    response = embedded.get(f"/usage?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


def test_usage_covers_the_requested_days(embedded: Service) -> None:
    """Today's costs appear only in ranges that include today."""
    embedded.generate()
    today = datetime.now(UTC).date()
    yesterday = today - timedelta(days=1)
    assert len(embedded.usage(f"?from={yesterday}&to={today}")["days"]) == 1
    assert embedded.usage(f"?from={yesterday}&to={yesterday}")["days"] == []
