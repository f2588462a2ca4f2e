"""Where the model leaves the background out by itself, or says that it can't."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.usecases.generation.estimates import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.sse_client import streaming
from tests.support.service import Service, openai_settings, serving, settings_for


def settings(fake: FakeOpenAI, folder: Path) -> dict[str, Any]:
    """Settings that ask for transparency."""
    return openai_settings(fake) | {"openai_native_transparency": True, "data_dir": folder}


@pytest.fixture
def service(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve with transparency asked for."""
    with serving(settings_for(**settings(fake_openai, tmp_path))) as running:
        yield running


def test_the_model_is_asked_for_alpha(service: Service, fake_openai: FakeOpenAI) -> None:
    """In the request and in the prompt; what comes has its transparency kept."""
    made = service.generate().json()
    (sent,) = fake_openai.asked("images")
    assert sent.body["background"] == "transparent"
    assert sent.body["prompt"] == made["new_prompt"] == f"A red fox\n\n{TRANSPARENT_PROMPT_SUFFIX}"
    stored = service.get(f"/images/{made['filename']}").content
    with Image.open(io.BytesIO(stored)) as image:
        assert image.getchannel("A").getextrema() == (0, 255)
    rehearsed = service.generate(dry_run=True).json()["requests"][0]["body"]
    assert rehearsed == sent.body


def test_a_model_that_can_not_is_asked_for_white_once(
    service: Service, fake_openai: FakeOpenAI
) -> None:
    """Its 400 costs nothing; the row tells the prompt that was drawn; the process remembers."""
    fake_openai.script("images", Fault.transparent_refused())
    made = service.generate().json()
    assert made["new_prompt"] == f"A red fox\n\n{PROMPT_SUFFIX}"
    refused, drawn = fake_openai.asked("images")
    assert (refused.body["background"], drawn.body["background"]) == ("transparent", "opaque")
    assert drawn.body["prompt"] == made["new_prompt"]
    assert service.get(f"/images/{made['filename']}/metadata").json() == made
    assert service.generate().status_code == 200
    assert fake_openai.asked("images")[-1].body["background"] == "opaque"
    assert (fake_openai.paid, len(fake_openai.asked("images"))) == (2, 3)


def test_a_second_refusal_is_reported(service: Service, fake_openai: FakeOpenAI) -> None:
    """Asked for white, a 400 is what it always is, and nobody asks a third time."""
    fake_openai.script("images", Fault.transparent_refused(), Fault.transparent_refused())
    refused = service.generate()
    assert (refused.status_code, refused.json()["code"]) == (503, "provider_misconfigured")
    assert (refused.json()["charged"], len(fake_openai.asked("images"))) == ("no", 2)


def test_streams_fall_back_too(service: Service, fake_openai: FakeOpenAI) -> None:
    """Partial images come of the second try."""
    fake_openai.script("images", Fault.transparent_refused())
    with streaming(service.url, partial_images=1) as stream:
        reported = stream.rest()
    assert reported[-1].name == "result"
    assert fake_openai.paid == 1


def test_dall_e_has_no_such_parameter(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """It is asked as ever."""
    values = settings(fake_openai, tmp_path) | {"openai_image_model": "dall-e-3"}
    with serving(settings_for(**values)) as service:
        sent = service.generate(dry_run=True).json()["requests"][0]["body"]
    assert "background" not in sent
    assert PROMPT_SUFFIX in sent["prompt"]
