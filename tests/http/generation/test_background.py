"""Requests for a transparent background, and the fallback to a white one."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.models.prompts import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.clients import streaming
from tests.support.service import Service, openai_settings, serving, settings_for

REFUSALS = {
    "OpenAI": Fault.transparent_refused(),
    "unknown parameter": Fault.background_unknown(),
    "without param": Fault.background_mentioned(),
    "422": Fault.background_forbidden(),
}


def settings(fake: FakeOpenAI, folder: Path, **values: Any) -> dict[str, Any]:
    """Return settings with a fake OpenAI, by default a model that draws on transparency."""
    return openai_settings(fake) | {"data_dir": folder} | values


@pytest.fixture
def service(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve with the default settings."""
    with serving(settings_for(**settings(fake_openai, tmp_path))) as service:
        yield service


def backgrounds(fake: FakeOpenAI) -> list[Any]:
    """Return the background of each request to the image model; None if unspecified."""
    return [sent.body.get("background") for sent in fake.requests_to("images")]


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


@pytest.mark.parametrize("kind", REFUSALS)
def test_unsupported_transparency_falls_back_to_white(
    service: Service, fake_openai: FakeOpenAI, kind: str
) -> None:
    """After a free refusal, white is requested; record and later requests use the same prompt."""
    fake_openai.script("images", REFUSALS[kind])
    body = service.generate().json()
    assert body["new_prompt"] == f"A red fox\n\n{PROMPT_SUFFIX}"
    assert body["cutout"]["background"] == "#ffffff"
    assert fake_openai.requests_to("images")[-1].body["prompt"] == body["new_prompt"]
    assert service.get(f"/images/{body['filename']}/metadata").json() == body
    assert service.generate().status_code == 200
    assert backgrounds(fake_openai) == ["transparent", None, None]
    assert fake_openai.paid == 2


def test_second_rejection_is_an_error(service: Service, fake_openai: FakeOpenAI) -> None:
    """A 400 to the fallback is a normal error, without a third call."""
    fake_openai.script("images", Fault.transparent_refused(), Fault.transparent_refused())
    rejected = service.generate()
    assert (rejected.status_code, rejected.json()["code"]) == (503, "provider_misconfigured")
    assert (rejected.json()["charged"], len(fake_openai.requests_to("images"))) == ("no", 2)


def test_rejected_prompt_is_no_refusal(service: Service, fake_openai: FakeOpenAI) -> None:
    """A rejected prompt is not tried on white, even if the message mentions the background."""
    fake_openai.script("images", Fault.background_mentioned("moderation_blocked"))
    assert service.generate().json()["code"] == "prompt_rejected"
    assert backgrounds(fake_openai) == ["transparent"]
    assert service.generate().status_code == 200
    assert backgrounds(fake_openai)[-1] == "transparent"


@pytest.mark.parametrize("fault", [Fault.transparent_refused(), Fault.stream_transparent_refused()])
def test_streams_fall_back_too(service: Service, fake_openai: FakeOpenAI, fault: Fault) -> None:
    """A stream with partial images uses the fallback, also after an error event."""
    fake_openai.script("images", fault)
    with streaming(service.url, partial_images=1) as stream:
        events = stream.rest()
    assert events[-1].name == "result"
    assert backgrounds(fake_openai) == ["transparent", None]
    assert fake_openai.paid == 1


def test_concurrent_refusals_are_paid_once_each(service: Service, fake_openai: FakeOpenAI) -> None:
    """Requests that are refused at the same time each fall back, with the prompt for white."""
    all_arrived = threading.Barrier(4)
    refusal = Fault.transparent_refused().calling(lambda: all_arrived.wait(60))
    fake_openai.script("images", *[refusal] * 4)
    bodies = in_threads(4, lambda _: service.generate().json())
    assert {body["new_prompt"] for body in bodies} == {f"A red fox\n\n{PROMPT_SUFFIX}"}
    for sent in fake_openai.requests_to("images"):
        is_transparent = sent.body.get("background") == "transparent"
        assert sent.body["prompt"].endswith(TRANSPARENT_PROMPT_SUFFIX) == is_transparent
    assert fake_openai.paid == 4


@pytest.mark.parametrize(
    ("background", "model", "expected"),
    [
        ("auto", "gpt-image-2", "transparent"),
        ("auto", "gpt-image-2.6-flare", "transparent"),
        ("auto", "my-own-model", "opaque"),
        ("transparent", "my-own-model", "transparent"),
        ("white", "gpt-image-2.6-flare", "opaque"),
        ("transparent", "dall-e-3", None),
    ],
)
def test_setting_and_model_decide(
    tmp_path: Path, fake_openai: FakeOpenAI, background: str, model: str, expected: str | None
) -> None:
    """`auto` depends on the model; DALL-E models have no such parameter."""
    values = {"openai_background": background, "openai_image_model": model}
    with serving(settings_for(**settings(fake_openai, tmp_path, **values))) as service:
        sent = service.generate(dry_run=True).json()["requests"][0]["body"]
    assert sent.get("background") == expected
    suffix = TRANSPARENT_PROMPT_SUFFIX if expected == "transparent" else PROMPT_SUFFIX
    assert sent["prompt"].endswith(suffix)


@pytest.mark.parametrize("background", ["auto", "transparent"])
def test_offline_painter_follows_the_setting(tmp_path: Path, background: str) -> None:
    """By default the offline painter draws on white, to be cut out; it can draw transparently."""
    values = {"image_provider": "offline", "openai_background": background, "data_dir": tmp_path}
    with serving(settings_for(**values)) as service:
        body = service.generate().json()
        with streaming(service.url, partial_images=1) as stream:
            assert [event.name for event in stream.rest()].count("partial") == 1
    is_white = body["cutout"]["background"] == "#ffffff"
    assert is_white == (background == "auto")
    assert body["new_prompt"].endswith(PROMPT_SUFFIX if is_white else TRANSPARENT_PROMPT_SUFFIX)


@pytest.mark.parametrize("query", ["holes=keep:1", "holes=keep:1&w=600&h=600"])
def test_variants_choose_areas_of_a_models_alpha(service: Service, query: str) -> None:
    """An area that the model left see-through can be filled, at any size."""
    body = service.generate().json()
    assert body["cutout"]["source"] == "model"
    (area,) = body["cutout"]["areas"]
    assert area["decision"] == "cut"
    variant = service.get(f"/images/{body['filename']}?{query}").content
    with Image.open(io.BytesIO(variant)) as image:
        x, y = (int(part * image.width) for part in area["center"])
        assert image.getpixel((x, y)) == (255, 255, 255, 255)
        assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]  # reason: an RGBA image
    unknown = service.get(f"/images/{body['filename']}?holes=keep:2")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid_request")
