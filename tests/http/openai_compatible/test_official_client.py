"""OpenAI's own client for Python, unchanged, against this service."""

import base64
import io
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image, ImageChops, ImageStat

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service

PROMPT = "A red fox"
FILE = encoded(owl(300, 300))


@pytest.fixture(scope="module")
def client(shared_real: Service) -> Iterator[OpenAI]:
    """Make a client whose base URL is that of the service."""
    with OpenAI(base_url=f"{shared_real.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def opened(data: bytes | str | None) -> Image.Image:
    """Return an image from bytes, or from base64."""
    return Image.open(io.BytesIO(base64.b64decode(data) if isinstance(data, str) else data or b""))


def mask() -> bytes:
    """Return a mask for FILE whose left half is to be redrawn."""
    made = Image.new("RGBA", (300, 300), (0, 0, 0, 255))
    made.paste((0, 0, 0, 0), (0, 0, 150, 300))
    out = io.BytesIO()
    made.save(out, "PNG")
    return out.getvalue()


def test_an_image_is_the_cutout_in_the_requested_size(
    client: OpenAI, shared_real: Service, fake_openai_server: FakeOpenAI
) -> None:
    """It is drawn once, charged, listed, and its tokens are reported."""
    paid = fake_openai_server.paid
    response = client.images.generate(prompt=PROMPT, model="gpt-image-1", size="512x512", user="u")
    assert response.data is not None
    (image,) = response.data
    pixels = opened(image.b64_json)
    assert (pixels.size, pixels.mode, pixels.getpixel((0, 0))) == ((512, 512), "RGBA", (0,) * 4)
    assert (response.size, response.background, response.quality) == (
        "512x512",
        "transparent",
        "medium",
    )
    assert response.usage is not None
    assert response.usage.total_tokens == (
        response.usage.input_tokens + response.usage.output_tokens
    )
    assert response.usage.output_tokens > 0
    assert fake_openai_server.paid == paid + 1
    listed = shared_real.images()[0]
    assert (listed["prompt"], listed["charged"]) == (PROMPT, "yes")
    assert image.revised_prompt == listed["new_prompt"]


def test_urls_are_those_of_variants(client: OpenAI, shared_real: Service) -> None:
    """The models that returned URLs still do, unless the request says otherwise."""
    response = client.images.generate(
        prompt=PROMPT, model="dall-e-3", size="1792x1024", quality="hd", output_format="webp"
    )
    assert response.data is not None
    (image,) = response.data
    assert image.b64_json is None
    assert image.url is not None
    fetched = shared_real.session.get(image.url)
    pixels = opened(fetched.content)
    assert (fetched.status_code, pixels.size, pixels.format) == (200, (1792, 1024), "WEBP")
    assert (response.quality, shared_real.images()[0]["original"]["width"]) == ("high", 1536)


def test_an_opaque_image_is_the_original(client: OpenAI, fake_openai_server: FakeOpenAI) -> None:
    """It is on white, whole, and in the requested size and format."""
    response = client.images.generate(
        prompt=PROMPT, background="opaque", size="640x512", output_format="jpeg"
    )
    assert (response.data is not None, response.background) == (True, "opaque")
    assert response.data is not None
    pixels = opened(response.data[0].b64_json)
    assert (pixels.format, pixels.size) == ("JPEG", (640, 512))
    drawn = opened(fake_openai_server.images[-1]).convert("RGBA")
    original = Image.new("RGBA", drawn.size, "white")
    original.alpha_composite(drawn)
    whole = Image.new("RGB", (640, 512), "white")
    whole.paste(original.convert("RGB").resize((512, 512)), (64, 0))
    assert max(ImageStat.Stat(ImageChops.difference(pixels, whole)).mean) < 3


def test_several_images(client: OpenAI, fake_openai_server: FakeOpenAI) -> None:
    """Each of them is drawn and charged; the usage is that of all."""
    paid = fake_openai_server.paid
    one = client.images.generate(prompt=PROMPT, size="256x256")
    both = client.images.generate(prompt=PROMPT, size="256x256", n=2)
    assert one.usage is not None
    assert both.usage is not None
    assert both.data is not None
    assert (len(both.data), fake_openai_server.paid) == (2, paid + 3)
    assert both.usage.output_tokens == 2 * one.usage.output_tokens


def test_a_stream_has_the_events_of_openai(client: OpenAI, fake_openai_server: FakeOpenAI) -> None:
    """Previews while the model draws, then the image; with the fields of the client's types."""
    preview_arrived = threading.Event()
    generate: Any = client.images.generate
    fake_openai_server.script("images", Fault.last_event_at(preview_arrived))
    stream = generate(prompt=PROMPT, size="512x512", stream=True, partial_images=2)
    events = [next(stream)]
    preview_arrived.set()
    events += stream
    *partials, completed = events
    assert partials
    assert completed.type == "image_generation.completed"
    assert opened(completed.b64_json).size == (512, 512)
    assert completed.usage.output_tokens > 0
    for partial in partials:
        assert partial.type == "image_generation.partial_image"
        assert opened(partial.b64_json).format == partial.output_format.upper()
    for event in events:
        assert not {
            name for name in type(event).model_fields if getattr(event, name, None) is None
        } - {"safety_identifier"}


def test_edits_send_files(
    client: OpenAI, shared_real: Service, fake_openai_server: FakeOpenAI
) -> None:
    """One file, several, and a mask; each file becomes an image of the caller."""
    paid = fake_openai_server.paid
    one = client.images.edit(image=("a.png", FILE), prompt="Make it blue", mask=("m.png", mask()))
    assert one.data is not None
    assert opened(one.data[0].b64_json).size == (1024, 1024)
    jpeg = encoded(owl(320, 240), "JPEG")
    edit: Any = client.images.edit
    events = list(
        edit(
            image=[("a.png", FILE), ("b.jpg", jpeg)],
            prompt="Put both together",
            size="256x256",
            stream=True,
        )
    )
    assert events[-1].type == "image_edit.completed"
    assert opened(events[-1].b64_json).size == (256, 256)
    sent = fake_openai_server.requests_to("edits")
    assert [[file.data for file in request.files] for request in sent[-2:]] == [
        [FILE, mask()],
        [FILE, jpeg],
    ]
    assert fake_openai_server.paid == paid + 2
    assert len(shared_real.images()[0]["parents"]) == 2


def test_models_are_listed(client: OpenAI) -> None:
    """The configured one and its aliases; a name that is covered by an alias is found, too."""
    names = [model.id for model in client.models.list()]
    assert names == ["gpt-image-2.6-flare", "dall-e-2", "dall-e-3"]
    assert client.models.retrieve("gpt-image-1.5").id == "gpt-image-1.5"
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("sora-2")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
