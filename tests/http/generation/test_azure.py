"""Azure OpenAI: its URLs, its API key header, and deployments in place of models."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.service import serving, settings_for

DEPLOYMENT = "gpt-image-2.6-flare"


def azure(fake: FakeOpenAI, folder: Path) -> dict[str, Any]:
    """Return settings that use the fake server as Azure OpenAI."""
    return {
        "azure_openai_api_key": fake.api_key,
        "azure_openai_endpoint": fake.base_url.removesuffix("/v1"),
        "azure_openai_api_version": "2025-04-01-preview",
        "openai_timeout_seconds": 60,
        "data_dir": folder,
    }


def test_image_and_text_calls_use_azures_urls_and_header(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """Calls use Azure's URLs, header and API version; Azure moderates prompts itself."""
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        response = service.generate(enhance=True)
        dry_run = service.generate(dry_run=True).json()["requests"]
        assert service.get("/generate-prompts").status_code == 200
    assert response.status_code == 200
    assert (response.json()["provider"], response.json()["charged"]) == ("azure", "yes")
    (image_call,) = fake_openai.requests_to("images")
    assert image_call.headers["api-key"] == fake_openai.api_key
    assert "authorization" not in image_call.headers
    assert [request["path"] for request in dry_run] == [
        f"/deployments/{DEPLOYMENT}/images/generations"
    ]
    assert len(fake_openai.requests_to("chat")) == 2
    assert fake_openai.requests_to("moderations") == []


def test_azures_content_filter_rejects_the_prompt(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """`content_policy_violation` is 400 `prompt_rejected` at no charge."""
    fake_openai.script("images", Fault.content_policy_violation())
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        rejected = service.generate()
    body = rejected.json()
    assert (rejected.status_code, body["code"], body["charged"]) == (400, "prompt_rejected", "no")


def test_azure_calls_are_not_retried(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Like the OpenAI client, the Azure client sends a failed call once."""
    fake_openai.script("images", Fault.status(500))
    with serving(settings_for(**azure(fake_openai, tmp_path))) as service:
        assert service.generate().json()["charged"] == "unknown"
    assert len(fake_openai.requests_to("images")) == 1


@pytest.mark.parametrize(
    ("values", "provider"),
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
def test_api_keys_select_the_provider(values: dict[str, Any], provider: str) -> None:
    """OpenAI's key wins over Azure's; without keys it is offline; IMAGE_PROVIDER overrides."""
    settings = settings_for(**values)
    assert settings.provider == provider
    assert settings_for(**values, image_provider="replay").paid_provider is None
