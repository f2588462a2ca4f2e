"""What images cost, what was spent, and what a budget lets through, over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.models import Budget
from app.usecases.billing.pricing import Prices
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.reply import Reply
from tests.support.http.authenticated_service import DEFAULT_SCOPES, serving_with_keys
from tests.support.service import Service, openai_settings, serving, settings_for

IMAGE = 1056 * 30  # micros: the output tokens of a medium image
FREE_TEXT = {"gpt-image-2.6-flare": {"text_in": 0}}


@pytest.fixture
def paid(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve on files and SQLite, drawn for money."""
    with serving(settings_for(data_dir=tmp_path, **openai_settings(fake_openai))) as service:
        yield service


def usage_of(service: Service, query: str = "") -> dict[str, Any]:
    """Return what the service tells of its spending."""
    answer = service.get(f"/usage{query}")
    assert answer.status_code == 200, answer.text
    reported: dict[str, Any] = answer.json()
    return reported


def micros(dollars: float) -> int:
    """Return dollars as whole millionths."""
    return round(dollars * 1_000_000)


def test_an_images_cost_is_reported_everywhere_and_summed(real: Service) -> None:
    """Answer, metadata, list and usage tell one cost: that of the tokens which the model told."""
    made = real.generate("A red fox").json()
    text = len(made["new_prompt"]) // 4 + 7
    assert micros(made["cost_usd"]) == IMAGE + 5 * text
    name = made["filename"]
    assert real.get(f"/images/{name}/metadata").json()["cost_usd"] == made["cost_usd"]
    assert real.images()[0]["cost_usd"] == made["cost_usd"]
    reported = usage_of(real)
    today = datetime.now(UTC).date().isoformat()
    day = {"cost_usd": made["cost_usd"], "images": 1, "images_of_unknown_cost": 0}
    assert reported == {
        "status": "success",
        "account": None,
        "budget": None,
        "days": [{"date": today, **day}],
        "cost_usd": made["cost_usd"],
    }


def test_the_offline_painter_costs_nothing_and_no_budget_refuses_it(tmp_path: Path) -> None:
    """Images drawn by rules cost 0, count as images, and go through the smallest budget."""
    with serving(settings_for(data_dir=tmp_path, server_budget="0.000001/day")) as service:
        assert service.generate(enhance=True).json()["cost_usd"] == 0
        assert service.get("/generate-prompts").status_code == 200
        reported = usage_of(service)
    assert (reported["cost_usd"], reported["days"][0]["images"]) == (0, 1)
    assert reported["budget"]["remaining_usd"] == 0.000001


def test_enhancing_is_part_of_the_cost(paid: Service) -> None:
    """An image with an enhanced prompt costs what both calls used."""
    made = paid.generate("A red fox", enhance=True).json()
    text = len(made["new_prompt"]) // 4 + 7
    image = IMAGE + 5 * text
    assert image < micros(made["cost_usd"]) < image + 500
    assert usage_of(paid)["cost_usd"] == made["cost_usd"]


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
def test_a_cost_that_nobody_can_report_is_null_and_stays_reserved(
    paid: Service, fake_openai: FakeOpenAI, usage: Any
) -> None:
    """Without sound usage in the answer the cost is null, never 0, and the estimate is counted."""

    def spoil(reply: Reply) -> Reply:
        reported = reply.document()
        odd = reported["usage"] | usage if usage else usage
        return reply.with_document(reported | {"usage": odd})

    fake_openai.script("images", Behavior("odd usage", paid=True, rewrite=spoil))
    assert paid.generate().json()["cost_usd"] is None
    reported = usage_of(paid)
    assert reported["days"][0]["images_of_unknown_cost"] == 1
    assert micros(reported["cost_usd"]) > IMAGE


def test_a_failure_that_costs_nothing_is_given_back(paid: Service, fake_openai: FakeOpenAI) -> None:
    """What was reserved for an image that the model refused to draw is free again."""
    fake_openai.script("images", Fault.rate_limited())
    assert paid.generate().json()["charged"] == "no"
    assert usage_of(paid)["cost_usd"] == 0


def test_what_may_have_been_paid_stays_counted(paid: Service, fake_openai: FakeOpenAI) -> None:
    """When nobody knows whether an image was paid for, what it may have cost is counted."""
    fake_openai.script("images", Fault.drop_before_response())
    assert paid.generate().json()["charged"] == "unknown"
    reported = usage_of(paid)
    assert micros(reported["cost_usd"]) > IMAGE
    assert reported["days"][0]["images"] == 0


def test_a_replay_costs_nothing(paid: Service) -> None:
    """The same key is answered with the same cost, which is counted once."""
    body, headers = {"prompt": "A red fox"}, {"Idempotency-Key": "one"}
    first, again = (
        paid.call("POST", "/generate-image", json=body, headers=headers) for _ in range(2)
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    reported = usage_of(paid)
    assert (reported["cost_usd"], reported["days"][0]["images"]) == (first.json()["cost_usd"], 1)


def test_over_the_budget_nothing_is_bought(parts: Any, tmp_path: Path) -> None:
    """The second image at a budget for one is 429, says when to come back, and is not paid."""
    budget, prices = f"{IMAGE / 1_000_000:.6f}/day", json.dumps(FREE_TEXT)
    values = parts.settings | {
        "server_budget": budget,
        "openai_prices": prices,
        "data_dir": tmp_path,
    }
    with serving(settings_for(**values)) as service:
        assert service.generate("one").status_code == 200
        refused = service.generate("two")
        reported = usage_of(service)["budget"]
        assert service.get("/images").json()["total_images"] == 1
    body = refused.json()
    assert (refused.status_code, body["code"], body["charged"]) == (429, "budget_exceeded", "no")
    now, resets_at = datetime.now(UTC), datetime.fromisoformat(body["resets_at"])
    assert resets_at.time() == datetime.min.time()
    assert 0 < int(refused.headers["Retry-After"]) <= 86_401
    assert now < resets_at <= now + timedelta(days=1, minutes=1)
    assert parts.fake.paid == 1
    assert (reported["remaining_usd"], reported["period"]) == (0, "day")
    assert reported["spent_usd"] == reported["limit_usd"] == IMAGE / 1_000_000


def test_with_a_budget_an_unknown_price_is_refused(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """No image of unknown price is bought within a budget; without one it costs null."""
    fake_openai.image_models = (*fake_openai.image_models, "my-model")
    settings = openai_settings(fake_openai) | {"openai_image_model": "my-model"}
    with serving(
        settings_for(data_dir=tmp_path / "a", server_budget="9/day", **settings)
    ) as service:
        refused = service.generate()
        assert (refused.status_code, refused.json()["code"]) == (503, "price_unknown")
        assert fake_openai.paid == 0
    with serving(settings_for(data_dir=tmp_path / "b", **settings)) as service:
        assert service.generate().json()["cost_usd"] is None
        assert usage_of(service)["days"][0]["images_of_unknown_cost"] == 1
    fake_openai.image_models = fake_openai.image_models[:-1]


def test_invented_prompts_are_booked_once_a_pool(paid: Service) -> None:
    """The call that fills the pool costs money, the next one none, and no image is counted."""
    assert paid.get("/generate-prompts").status_code == 200
    first = usage_of(paid)
    assert 0 < micros(first["cost_usd"]) < 1000
    assert first["days"][0]["images"] == 0
    assert paid.get("/generate-prompts").status_code == 200
    assert usage_of(paid) == first


def test_invented_prompts_are_held_to_the_budget(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Over the budget no prompts are invented, and the text model isn't asked."""
    settings = openai_settings(fake_openai) | {"server_budget": "0.000001/month"}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        refused = service.get("/generate-prompts")
    assert (refused.status_code, refused.json()["code"]) == (429, "budget_exceeded")
    assert fake_openai.asked("chat") == []


def test_refused_themes_use_up_the_budget(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A refusal is answered with the tokens that it took; so a budget ends refusals too."""
    fake_openai.always("chat", Fault.refusal())
    settings = openai_settings(fake_openai) | {"server_budget": "0.006/day"}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        codes = [
            service.get(f"/generate-prompts?theme=t{number}").json()["code"] for number in range(3)
        ]
    assert codes == ["prompt_rejected", "budget_exceeded", "budget_exceeded"]
    assert len(fake_openai.asked("chat")) == 1


def test_a_dry_run_shows_exactly_what_would_be_sent(paid: Service, fake_openai: FakeOpenAI) -> None:
    """Its request is the one that the model then gets; its estimate is no less than the cost."""
    wish = {"quality": "low", "size": "1536x1024"}
    dry = paid.generate("A red fox 🦊", dry_run=True, **wish)
    assert (dry.status_code, dry.json()["dry_run"]) == (200, True)
    assert fake_openai.requests == []
    assert (usage_of(paid)["days"], paid.images()) == ([], [])
    made = paid.generate("A red fox 🦊", **wish).json()
    (sent,) = fake_openai.asked("images")
    assert dry.json()["requests"] == [
        {"method": "POST", "path": "/images/generations", "body": sent.body}
    ]
    assert made["cost_usd"] <= dry.json()["estimate_usd"] < 2 * made["cost_usd"]


def test_a_dry_run_with_enhance_shows_both_requests(paid: Service, fake_openai: FakeOpenAI) -> None:
    """The text model's request is the one that it gets, and the estimate bounds both."""
    dry = paid.generate("A red fox", dry_run=True, enhance=True).json()
    made = paid.generate("A red fox", enhance=True).json()
    (text,) = fake_openai.asked("chat")
    assert [one["path"] for one in dry["requests"]] == ["/chat/completions", "/images/generations"]
    assert dry["requests"][0]["body"] == text.body
    assert made["cost_usd"] <= dry["estimate_usd"]


def test_a_dry_run_offline_sends_and_costs_nothing(embedded: Service) -> None:
    """The offline painter sends nothing to anyone."""
    dry = embedded.generate(dry_run=True).json()
    assert (dry["estimate_usd"], dry["requests"]) == (0, [])


def test_a_dry_run_takes_no_key(embedded: Service) -> None:
    """A key stands for a purchase, so with a dry run it is 400."""
    body, headers = {"prompt": "A red fox", "dry_run": True}, {"Idempotency-Key": "one"}
    answer = embedded.call("POST", "/generate-image", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


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
def test_days_that_make_no_sense_are_refused(embedded: Service, query: str) -> None:
    """A wrong, reversed or too long span is 400."""
    answer = embedded.get(f"/usage?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_usage_shows_the_days_asked_for(embedded: Service) -> None:
    """Today's spending is in a span with today, and not in one without."""
    embedded.generate()
    today = datetime.now(UTC).date()
    before = today - timedelta(days=1)
    assert len(usage_of(embedded, f"?from={before}&to={today}")["days"]) == 1
    assert usage_of(embedded, f"?from={before}&to={before}")["days"] == []


def test_the_shipped_prices_know_the_default_models() -> None:
    """Without any setting, both models of this service have a price."""
    values = settings_for()
    prices = Prices()
    assert prices.max_prompts_cost(values.openai_text_model)
    assert prices.max_prompts_cost("gpt-6-lunatic") is None


def test_each_key_has_its_own_budget_and_account(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A key over its budget is refused, another one isn't, and each sees its own spending only."""
    settings = openai_settings(fake_openai) | {"openai_prices": json.dumps(FREE_TEXT)}
    with serving_with_keys(data_dir=tmp_path, **settings) as auth_service:
        budget = Budget(micros=IMAGE, period="month")
        poor = auth_service.remember(
            auth_service.api_keys.create("poor", scopes=DEFAULT_SCOPES, budget=budget)
        )
        other = auth_service.create_key("other")
        assert auth_service.generate(poor).status_code == 200
        assert auth_service.generate(poor).json()["code"] == "budget_exceeded"
        assert auth_service.get("/usage", other).json()["days"] == []
        assert auth_service.generate(other).status_code == 200
        reported = auth_service.get("/usage", poor).json()
        assert (reported["account"], reported["budget"]["remaining_usd"]) == ("poor", 0)
        assert reported["days"][0]["images"] == 1
        assert auth_service.get("/usage", other).json()["budget"] is None
        assert auth_service.get("/usage").status_code == 401
    assert fake_openai.paid == 2
