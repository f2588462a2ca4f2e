"""The fake OpenAI server with the official client: images, rejections and charges."""

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


def test_image_is_returned_and_charged_once(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """The client gets the bytes in `images`, for one request and one charge."""
    assert [draw(openai_client)] == fake_openai.images
    assert (fake_openai.paid, fake_openai.in_flight) == (1, 0)
    (request,) = fake_openai.requests_to("images")
    assert request.body["prompt"] == "a red mug"
    assert request.headers["authorization"] == f"Bearer {fake_openai.api_key}"


def test_all_images_are_different(openai_client: OpenAI) -> None:
    """The bytes of all images differ, even if there are more images than looks."""
    assert len({draw(openai_client) for _ in range(10)}) == 10


def test_image_has_white_background_hole_and_label(openai_client: OpenAI) -> None:
    """Background, the hole in the handle and the label are white; the jug is not."""
    with Image.open(io.BytesIO(draw(openai_client))) as image:
        points = ((0, 0), (1023, 1023), (717, 487), (471, 589))
        assert [image.getpixel(point) for point in points] == [(255, 255, 255)] * 4
        assert image.getpixel((300, 300)) != (255, 255, 255)


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_image_has_the_requested_format_and_size(openai_client: OpenAI, kind: str) -> None:
    """The image has the requested format and size."""
    with Image.open(io.BytesIO(draw(openai_client, output_format=kind, size="1536x1024"))) as image:
        assert (image.format, image.size) == (kind.upper(), (1536, 1024))


def test_transparent_background(openai_client: OpenAI) -> None:
    """With a transparent background, background and hole are transparent, the label is not."""
    with Image.open(io.BytesIO(draw(openai_client, background="transparent"))) as image:
        alpha = image.getchannel("A")
        opacity = [alpha.getpixel(point) for point in ((0, 0), (717, 487), (471, 589))]
    assert opacity == [0, 0, 255]


def test_image_can_be_replaced(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A test can set the bytes of the image."""
    fake_openai.image = b"exactly these"
    assert draw(openai_client) == b"exactly these"


def test_response_has_the_usage(openai_client: OpenAI) -> None:
    """Responses of GPT image models have the usage, and no revised prompt."""
    response = openai_client.images.generate(
        model=IMAGE_MODEL, prompt="a red mug", n=2, quality="low"
    )
    usage = response.usage
    assert usage is not None
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert [item.revised_prompt for item in response.data or []] == [None, None]
    assert (response.quality, response.size, response.background) == ("low", "1024x1024", "opaque")


def test_each_image_of_a_request_is_charged(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A request for three images is charged as three generations."""
    openai_client.images.generate(model=IMAGE_MODEL, prompt="a red mug", n=3)
    assert (fake_openai.paid, len(fake_openai.images)) == (3, 3)


@pytest.mark.parametrize(
    ("parameters", "code", "param"),
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
def test_invalid_requests_are_rejected_and_free(
    openai_client: OpenAI,
    fake_openai: FakeOpenAI,
    parameters: dict[str, Any],
    code: str,
    param: str | None,
) -> None:
    """A request that the real API rejects gets the same code, and is not charged."""
    with pytest.raises(openai.BadRequestError) as rejected:
        draw(openai_client, **parameters)
    assert (rejected.value.code, rejected.value.param) == (code, param)
    assert fake_openai.paid == 0


def test_wrong_api_key_is_rejected(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A wrong API key gets the 401 of the real API, which quotes the masked key."""
    with pytest.raises(openai.AuthenticationError, match=r"sk-wrong\*+0000\.") as rejected:
        draw(openai_client.with_options(api_key="sk-wrong-key-0000"))
    assert (rejected.value.code, fake_openai.paid) == ("invalid_api_key", 0)


def test_legacy_models_return_urls_or_base64() -> None:
    """With legacy models, dall-e-3 returns a URL, or base64 if requested."""
    with (
        FakeOpenAI(legacy_models=True) as fake,
        OpenAI(api_key=fake.api_key, base_url=fake.base_url, max_retries=0) as client,
    ):
        generate: Any = client.images.generate
        linked = generate(model="dall-e-3", prompt="a mug").data[0]
        inline = generate(model="dall-e-3", prompt="a mug", response_format="b64_json").data[0]
        assert linked.b64_json is None
        assert linked.revised_prompt is not None
        with urllib.request.urlopen(linked.url) as response:  # noqa: S310  reason: our own server
            assert response.read() == fake.images[0]
        assert base64.b64decode(inline.b64_json) == fake.images[1]


def test_stream_has_partial_images_and_the_final_one(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A stream has the requested number of partial images and one completed event."""
    with openai_client.images.generate(
        model=IMAGE_MODEL, prompt="a red mug", stream=True, partial_images=2
    ) as stream:
        events = list(stream)
    kinds = [event.type.removeprefix("image_generation.") for event in events]
    assert kinds == ["partial_image", "partial_image", "completed"]
    assert base64.b64decode(events[-1].b64_json) == fake_openai.images[0]
    assert fake_openai.paid == 1


def test_concurrent_requests_are_counted(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """The fake counts concurrent requests, their highest number, and all charges."""
    released = threading.Event()
    fake_openai.always("images", Fault.until(released))
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(draw, openai_client) for _ in range(8)]
        fake_openai.wait_in_flight(8)
        released.set()
        images = {future.result() for future in futures}
    assert images == set(fake_openai.images)
    assert (len(images), fake_openai.paid) == (8, 8)
    assert (fake_openai.peak_in_flight, fake_openai.in_flight) == (8, 0)
