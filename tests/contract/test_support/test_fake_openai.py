"""The official client against the fake of OpenAI: drawings, refusals, and the meter."""

import base64
import io
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.official_client import IMAGE_MODEL, draw


def test_a_drawing_arrives_byte_for_byte_and_is_paid_once(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """What the openai_client gets is what the meter kept, and costs one generation."""
    assert [draw(openai_client)] == fake_openai.images
    assert (fake_openai.paid, fake_openai.in_flight) == (1, 0)
    (request,) = fake_openai.requests_to("images")
    assert request.body["prompt"] == "a red mug"
    assert request.headers["authorization"] == f"Bearer {fake_openai.api_key}"


def test_no_two_drawings_are_alike(openai_client: OpenAI) -> None:
    """Even more drawings than there are looks differ in their bytes."""
    assert len({draw(openai_client) for _ in range(10)}) == 10


def test_a_drawing_is_white_around_a_subject_with_white_and_a_hole(openai_client: OpenAI) -> None:
    """Background, the hole in the handle and the label are pure white, the jug is not."""
    with Image.open(io.BytesIO(draw(openai_client))) as image:
        at = [image.getpixel(spot) for spot in ((0, 0), (1023, 1023), (717, 487), (471, 589))]
        assert at == [(255, 255, 255)] * 4
        assert image.getpixel((300, 300)) != (255, 255, 255)


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_format_and_size_are_as_asked(openai_client: OpenAI, kind: str) -> None:
    """The image has the asked format and size."""
    with Image.open(io.BytesIO(draw(openai_client, output_format=kind, size="1536x1024"))) as image:
        assert (image.format, image.size) == (kind.upper(), (1536, 1024))


def test_a_transparent_drawing_is_transparent(openai_client: OpenAI) -> None:
    """Background and hole have no opacity when transparency is asked for; the label has."""
    with Image.open(io.BytesIO(draw(openai_client, background="transparent"))) as image:
        alpha = image.getchannel("A")
        at = [alpha.getpixel(spot) for spot in ((0, 0), (717, 487), (471, 589))]
    assert at == [0, 0, 255]


def test_own_bytes_can_be_draw(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A test can say exactly which bytes are drawn."""
    fake_openai.image = b"exactly these"
    assert draw(openai_client) == b"exactly these"


def test_answers_report_what_was_used(openai_client: OpenAI) -> None:
    """The answer carries usage and no revised prompt, as GPT image models answer."""
    answer = openai_client.images.generate(
        model=IMAGE_MODEL, prompt="a red mug", n=2, quality="low"
    )
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert [item.revised_prompt for item in answer.data or []] == [None, None]
    assert (answer.quality, answer.size, answer.background) == ("low", "1024x1024", "opaque")


def test_several_images_are_several_payments(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """Asking for three images at once costs three generations."""
    openai_client.images.generate(model=IMAGE_MODEL, prompt="a red mug", n=3)
    assert (fake_openai.paid, len(fake_openai.images)) == (3, 3)


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"response_format": "b64_json"}, "unknown_parameter", "response_format"),
        ({"style": "vivid"}, "unknown_parameter", "style"),
        ({"size": "256x256"}, "invalid_value", "size"),
        ({"size": "1000x1000"}, "invalid_value", "size"),
        ({"model": "dall-e-3"}, "invalid_value", "model"),
        ({"quality": "hd"}, "invalid_value", "quality"),
        ({"background": "transparent", "output_format": "jpeg"}, "invalid_value", "background"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"prompt": ""}, "missing_required_parameter", "prompt"),
        ({"prompt": "blocked-by-image-model"}, "moderation_blocked", None),
    ],
)
def test_wrong_requests_are_refused_and_free(
    openai_client: OpenAI,
    fake_openai: FakeOpenAI,
    asked: dict[str, Any],
    code: str,
    param: str | None,
) -> None:
    """A request that the real API refuses is refused with its code, and nothing is paid."""
    with pytest.raises(openai.BadRequestError) as refused:
        draw(openai_client, **asked)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert fake_openai.paid == 0


def test_a_wrong_key_is_refused_with_a_masked_echo(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A wrong key gets the real 401, which echoes the key with its middle hidden."""
    with pytest.raises(openai.AuthenticationError, match=r"sk-wrong\*+0000\.") as refused:
        draw(openai_client.with_options(api_key="sk-wrong-key-0000"))
    assert (refused.value.code, fake_openai.paid) == ("invalid_api_key", 0)


def test_old_models_draw_where_they_still_exist() -> None:
    """With legacy models, dall-e-3 gives an address, or base64 if that is asked for."""
    with (
        FakeOpenAI(legacy_models=True) as fake,
        OpenAI(api_key=fake.api_key, base_url=fake.base_url, max_retries=0) as client,
    ):
        generate: Any = client.images.generate
        linked = generate(model="dall-e-3", prompt="a mug").data[0]
        inline = generate(model="dall-e-3", prompt="a mug", response_format="b64_json").data[0]
        assert linked.b64_json is None
        assert linked.revised_prompt is not None
        with urllib.request.urlopen(linked.url) as answer:  # noqa: S310  reason: our own server
            assert answer.read() == fake.images[0]
        assert base64.b64decode(inline.b64_json) == fake.images[1]


def test_a_stream_brings_partial_images_and_the_whole_one(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A streamed drawing arrives as the partial events asked for and one completed event."""
    with openai_client.images.generate(
        model=IMAGE_MODEL, prompt="a red mug", stream=True, partial_images=2
    ) as stream:
        events = list(stream)
    kinds = [event.type.removeprefix("image_generation.") for event in events]
    assert kinds == ["partial_image", "partial_image", "completed"]
    assert base64.b64decode(events[-1].b64_json) == fake_openai.images[0]
    assert fake_openai.paid == 1


def test_concurrent_requests_are_counted(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """The meter knows how many drawings run at once, also at the peak, and loses no payment."""
    released = threading.Event()
    fake_openai.always("images", Fault.until(released))
    with ThreadPoolExecutor(8) as pool:
        drawings = [pool.submit(draw, openai_client) for _ in range(8)]
        fake_openai.wait_in_flight(8)
        released.set()
        images = {drawing.result() for drawing in drawings}
    assert images == set(fake_openai.images)
    assert (len(images), fake_openai.paid) == (8, 8)
    assert (fake_openai.peak_in_flight, fake_openai.in_flight) == (8, 0)
