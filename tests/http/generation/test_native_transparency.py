"""Native transparency of image models, and the fallback for models without it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.models.prompts import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.clients import streaming
from tests.support.service import Service, openai_settings, serving, settings_for


def settings(fake: FakeOpenAI, folder: Path) -> dict[str, Any]:
    """Return settings with native transparency."""
    return openai_settings(fake) | {"openai_native_transparency": True, "data_dir": folder}


@pytest.fixture
def service(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve with native transparency."""
    with serving(settings_for(**settings(fake_openai, tmp_path))) as service:
        yield service


def test_transparency_is_requested_and_kept(service: Service, fake_openai: FakeOpenAI) -> None:
    """Request and prompt ask for transparency, and the image keeps its alpha channel."""
    body = service.generate().json()
    (sent,) = fake_openai.requests_to("images")
    assert sent.body["background"] == "transparent"
    assert sent.body["prompt"] == body["new_prompt"] == f"A red fox\n\n{TRANSPARENT_PROMPT_SUFFIX}"
    stored = service.get(f"/images/{body['filename']}").content
    with Image.open(io.BytesIO(stored)) as image:
        assert image.getchannel("A").getextrema() == (0, 255)
    dry_run = service.generate(dry_run=True).json()["requests"][0]["body"]
    assert dry_run == sent.body


def test_unsupported_transparency_falls_back_to_white(
    service: Service, fake_openai: FakeOpenAI
) -> None:
    """After a free 400, white is requested; record and later requests use the same prompt."""
    fake_openai.script("images", Fault.transparent_refused())
    body = service.generate().json()
    assert body["new_prompt"] == f"A red fox\n\n{PROMPT_SUFFIX}"
    rejected, accepted = fake_openai.requests_to("images")
    assert (rejected.body["background"], accepted.body["background"]) == ("transparent", "opaque")
    assert accepted.body["prompt"] == body["new_prompt"]
    assert service.get(f"/images/{body['filename']}/metadata").json() == body
    assert service.generate().status_code == 200
    assert fake_openai.requests_to("images")[-1].body["background"] == "opaque"
    assert (fake_openai.paid, len(fake_openai.requests_to("images"))) == (2, 3)


def test_second_rejection_is_an_error(service: Service, fake_openai: FakeOpenAI) -> None:
    """A 400 to the fallback is a normal error, without a third call."""
    fake_openai.script("images", Fault.transparent_refused(), Fault.transparent_refused())
    rejected = service.generate()
    assert (rejected.status_code, rejected.json()["code"]) == (503, "provider_misconfigured")
    assert (rejected.json()["charged"], len(fake_openai.requests_to("images"))) == ("no", 2)


def test_streams_fall_back_too(service: Service, fake_openai: FakeOpenAI) -> None:
    """A stream with partial images uses the fallback, too."""
    fake_openai.script("images", Fault.transparent_refused())
    with streaming(service.url, partial_images=1) as stream:
        events = stream.rest()
    assert events[-1].name == "result"
    assert fake_openai.paid == 1


def test_dall_e_gets_no_background_parameter(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """DALL-E models get neither the parameter nor the transparent prompt."""
    values = settings(fake_openai, tmp_path) | {"openai_image_model": "dall-e-3"}
    with serving(settings_for(**values)) as service:
        sent = service.generate(dry_run=True).json()["requests"][0]["body"]
    assert "background" not in sent
    assert PROMPT_SUFFIX in sent["prompt"]
