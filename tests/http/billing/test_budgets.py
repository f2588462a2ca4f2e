"""Budgets of the server and of API keys."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.models import Budget
from app.usecases.billing.pricing import Prices
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.authenticated_service import DEFAULT_SCOPES, serving_with_keys
from tests.support.service import IMAGE_MICROS, openai_settings, serving, settings_for

FREE_TEXT = {"gpt-image-2.6-flare": {"text_in": 0}}


def test_offline_images_are_free_in_any_budget(tmp_path: Path) -> None:
    """Offline images cost 0, count as images, and are allowed by the smallest budget."""
    with serving(settings_for(data_dir=tmp_path, server_budget="0.000001/day")) as service:
        assert service.generate(enhance=True).json()["cost_usd"] == 0
        assert service.get("/generate-prompts").status_code == 200
        usage_after = service.usage()
    assert (usage_after["cost_usd"], usage_after["days"][0]["images"]) == (0, 1)
    assert usage_after["budget"]["remaining_usd"] == 0.000001


def test_budget_rejects_images_beyond_it(parts: Any, tmp_path: Path) -> None:
    """With a budget for one image, the second is 429 with Retry-After, and not charged."""
    budget, prices = f"{IMAGE_MICROS / 1_000_000:.6f}/day", json.dumps(FREE_TEXT)
    values = parts.settings | {
        "server_budget": budget,
        "openai_prices": prices,
        "data_dir": tmp_path,
    }
    with serving(settings_for(**values)) as service:
        assert service.generate("one").status_code == 200
        rejected = service.generate("two")
        budget_after = service.usage()["budget"]
        assert service.get("/images").json()["total_images"] == 1
    body = rejected.json()
    assert (rejected.status_code, body["code"], body["charged"]) == (429, "budget_exceeded", "no")
    now, resets_at = datetime.now(UTC), datetime.fromisoformat(body["resets_at"])
    assert resets_at.time() == datetime.min.time()
    assert 0 < int(rejected.headers["Retry-After"]) <= 86_401
    assert now < resets_at <= now + timedelta(days=1, minutes=1)
    assert parts.fake.paid == 1
    assert (budget_after["remaining_usd"], budget_after["period"]) == (0, "day")
    assert budget_after["spent_usd"] == budget_after["limit_usd"] == IMAGE_MICROS / 1_000_000


def test_unknown_price_is_rejected_with_a_budget(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """With a budget, a model without a price is 503; without a budget its cost is null."""
    fake_openai.image_models = (*fake_openai.image_models, "my-model")
    settings = openai_settings(fake_openai) | {"openai_image_model": "my-model"}
    with serving(
        settings_for(data_dir=tmp_path / "a", server_budget="9/day", **settings)
    ) as service:
        rejected = service.generate()
        assert (rejected.status_code, rejected.json()["code"]) == (503, "price_unknown")
        assert fake_openai.paid == 0
    with serving(settings_for(data_dir=tmp_path / "b", **settings)) as service:
        assert service.generate().json()["cost_usd"] is None
        assert service.usage()["days"][0]["images_of_unknown_cost"] == 1
    fake_openai.image_models = fake_openai.image_models[:-1]


def test_budget_applies_to_prompts(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Beyond the budget, prompts are 429 without a call to the text model."""
    settings = openai_settings(fake_openai) | {"server_budget": "0.000001/month"}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        rejected = service.get("/generate-prompts")
    assert (rejected.status_code, rejected.json()["code"]) == (429, "budget_exceeded")
    assert fake_openai.requests_to("chat") == []


def test_rejected_themes_use_up_the_budget(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A rejected theme costs its tokens, so a budget limits rejections, too."""
    fake_openai.always("chat", Fault.refusal())
    settings = openai_settings(fake_openai) | {"server_budget": "0.006/day"}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        codes = [
            service.get(f"/generate-prompts?theme=t{number}").json()["code"] for number in range(3)
        ]
    assert codes == ["prompt_rejected", "budget_exceeded", "budget_exceeded"]
    assert len(fake_openai.requests_to("chat")) == 1


def test_default_models_have_prices() -> None:
    """With default settings, both models have a price."""
    values = settings_for()
    prices = Prices()
    assert prices.max_prompts_cost(values.openai_text_model)
    assert prices.max_prompts_cost("gpt-6-lunatic") is None


def test_each_key_has_its_own_budget_and_usage(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A key beyond its budget is rejected, another one isn't, and each sees its own usage."""
    settings = openai_settings(fake_openai) | {"openai_prices": json.dumps(FREE_TEXT)}
    with serving_with_keys(data_dir=tmp_path, **settings) as auth_service:
        budget = Budget(micros=IMAGE_MICROS, period="month")
        limited = auth_service.remember(
            auth_service.api_keys.create("limited", scopes=DEFAULT_SCOPES, budget=budget)
        )
        other = auth_service.create_key("other")
        assert auth_service.generate(limited).status_code == 200
        assert auth_service.generate(limited).json()["code"] == "budget_exceeded"
        assert auth_service.get("/usage", other).json()["days"] == []
        assert auth_service.generate(other).status_code == 200
        usage_after = auth_service.get("/usage", limited).json()
        assert (usage_after["account"], usage_after["budget"]["remaining_usd"]) == ("limited", 0)
        assert usage_after["days"][0]["images"] == 1
        assert auth_service.get("/usage", other).json()["budget"] is None
        assert auth_service.get("/usage").status_code == 401
    assert fake_openai.paid == 2
