"""Azure OpenAI: other addresses, another header, deployments for models."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.service import serving, settings_for

DEPLOYMENT = "gpt-image-2.6-flare"


def azure(fake: FakeOpenAI, folder: Path) -> dict[str, Any]:
    """Settings that draw with the fake as if it were Azure."""
    return {
        "azure_openai_api_key": fake.api_key,
        "azure_openai_endpoint": fake.base_url.removesuffix("/v1"),
        "azure_openai_api_version": "2025-04-01-preview",
        "openai_timeout_seconds": 10,
        "data_dir": folder,
    }


def test_an_image_is_drawn_and_a_prompt_enriched(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """By Azure's addresses, with its header and version; moderation is Azure's own."""
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        made = service.generate(enhance=True)
        rehearsed = service.generate(dry_run=True).json()["requests"]
        assert service.get("/generate-prompts").status_code == 200
    assert made.status_code == 200
    assert (made.json()["provider"], made.json()["charged"]) == ("azure", "yes")
    (drawn,) = fake_openai.asked("images")
    assert drawn.headers["api-key"] == fake_openai.api_key
    assert "authorization" not in drawn.headers
    assert [request["path"] for request in rehearsed] == [
        f"/deployments/{DEPLOYMENT}/images/generations"
    ]
    assert len(fake_openai.asked("chat")) == 2
    assert fake_openai.asked("moderations") == []


def test_azures_filter_is_a_refusal(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """content_policy_violation is the prompt's fault, and costs nothing."""
    fake_openai.script("images", Fault.content_policy_violation())
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        refused = service.generate()
    body = refused.json()
    assert (refused.status_code, body["code"], body["charged"]) == (400, "prompt_rejected", "no")


def test_a_redirect_is_not_followed_and_nothing_tried_twice(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """Azure's client has the habits of the other: one question, whatever happens."""
    fake_openai.script("images", Fault.status(500))
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        assert service.generate().json()["charged"] == "unknown"
    assert len(fake_openai.asked("images")) == 1


@pytest.mark.parametrize(
    ("values", "draws"),
    [
        ({"azure_openai_api_key": "k", "azure_openai_endpoint": "https://x.example"}, "azure"),
        (
            {
                "azure_openai_api_key": "k",
                "azure_openai_endpoint": "https://x.example",
                "openai_api_key": "sk",
            },
            "openai",
        ),
        ({}, "offline"),
    ],
)
def test_who_draws_follows_from_the_keys(values: dict[str, Any], draws: str) -> None:
    """OpenAI's key wins, then Azure's, then it is the painter; IMAGE_PROVIDER decides otherwise."""
    settings = settings_for(**values)
    assert settings.provider == draws
    assert settings_for(**values, image_provider="replay").paid_provider is None
