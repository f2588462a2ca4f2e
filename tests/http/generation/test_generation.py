"""Successful requests to POST /generate-image."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from app.models.prompts import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from tests.support.images.xmp_readers import strip_packet
from tests.support.service import Parts, Service, serving, settings_for

NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.png")


def test_response_has_the_documented_fields(service: Service) -> None:
    """The response is 200 with every documented field, and Location is the image's URL."""
    response = service.generate("  A red fox  ")
    body = response.json()
    assert response.status_code == 200
    assert body["status"] == "success"
    assert NAME.fullmatch(body["filename"])
    assert body["url"] == response.headers["Location"] == f"{service.url}/images/{body['filename']}"
    assert body["first_prompt"] == "  A red fox  "
    assert body["prompt"] == "A red fox"
    suffix = PROMPT_SUFFIX if body["provider"] == "offline" else TRANSPARENT_PROMPT_SUFFIX
    assert body["new_prompt"] == f"A red fox\n\n{suffix}"
    assert (body["width"], body["height"]) == (256, 256)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["created_at"])
    background = "#ffffff" if body["provider"] == "offline" else "#000000"
    assert body["cutout"]["background"] == background
    assert 0.05 < body["cutout"]["coverage"] < 0.95
    assert body["original"]["format"] == "png"
    assert (body["original"]["width"], body["original"]["height"]) == (1024, 1024)


def test_image_is_a_256_png_with_transparent_background(service: Service) -> None:
    """The image is a 256x256 RGBA PNG, transparent at its border and opaque in the subject."""
    png = service.get(f"/images/{service.generate().json()['filename']}").content
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (256, 256))
        alpha = np.asarray(image)[..., 3]
    assert alpha[0].max() == alpha[-1].max() == alpha[:, 0].max() == alpha[:, -1].max() == 0
    assert np.mean(alpha == 255) > 0.05


@pytest.mark.parametrize("size", ["1536x1024", "1024x1536"])
def test_non_square_image_is_fitted_and_centered(service: Service, size: str) -> None:
    """A wide or tall original keeps its proportions, between equal transparent bars."""
    body = service.generate("A blue cup", size=size).json()
    assert f"{body['original']['width']}x{body['original']['height']}" == size
    png = service.get(f"/images/{body['filename']}").content
    with Image.open(io.BytesIO(png)) as image:
        alpha = np.asarray(image)[..., 3]
    wide = size.startswith("1536")
    lines = alpha if wide else alpha.T
    bar = (256 - round(256 * 1024 / 1536)) // 2
    assert lines[:bar].max() == lines[-bar:].max() == 0
    assert lines.max() == 255


def test_offline_images_are_marked_as_offline(embedded: Service) -> None:
    """Without a provider key, the response names the offline painter and no charge."""
    body = embedded.generate().json()
    assert (body["provider"], body["model"], body["charged"]) == ("offline", "emblem-painter", "no")
    assert body["image_url"] == body["url"]


def test_one_charged_call_whose_original_is_stored_unchanged(real: Service, parts: Parts) -> None:
    """One call is charged, and the store has its image byte for byte."""
    body = real.generate().json()
    assert (body["provider"], body["charged"]) == ("openai", "yes")
    assert parts.fake.paid == 1
    image_id = body["filename"].removesuffix(".png")
    assert real.ports.store.get(f"originals/{image_id}.png").data == parts.fake.images[0]
    bucket, endpoint = parts.settings["s3_bucket_name"], parts.settings["s3_endpoint_url"]
    assert body["image_url"] == f"{endpoint}/{bucket}/images/{body['filename']}"


def test_prompt_is_moderated_before_generation(real: Service, parts: Parts) -> None:
    """Moderation comes first; generation uses the configured model and quality."""
    real.generate("A small boat")
    moderation, generation = parts.fake.requests
    assert (moderation.endpoint, moderation.body["input"]) == ("moderations", "A small boat")
    assert generation.endpoint == "images"
    assert generation.body["model"] == "gpt-image-2.6-flare"
    assert (generation.body["quality"], generation.body["size"]) == ("medium", "1024x1024")
    assert generation.body["prompt"].startswith("A small boat\n\n")


def test_enhance_rewrites_the_prompt_before_generation(real: Service, parts: Parts) -> None:
    """With `enhance`, the text model's prompt is used as `new_prompt`; `prompt` is unchanged."""
    body = real.generate("A small boat", enhance=True).json()
    sent_prompt = parts.fake.requests[-1].body["prompt"]
    assert [request.endpoint for request in parts.fake.requests] == [
        "moderations",
        "chat",
        "images",
    ]
    assert body["new_prompt"] == sent_prompt != f"A small boat\n\n{PROMPT_SUFFIX}"
    assert body["prompt"] == "A small boat"


def test_same_offline_prompt_gives_equal_images_with_own_names(embedded: Service) -> None:
    """Two requests with the same prompt give two equal images under their own names."""
    first, second = embedded.generate("A tree").json(), embedded.generate("A tree").json()
    assert first["filename"] != second["filename"]
    other = embedded.generate("A cup").json()
    files = [embedded.get(f"/images/{body['filename']}").content for body in (first, second, other)]
    one, two, three = map(strip_packet, files)
    assert one == two
    assert one != three


def test_metadata_equals_the_generation_response(service: Service) -> None:
    """GET /images/<filename>/metadata returns the body of the generation response."""
    body = service.generate("A green door").json()
    assert service.get(f"/images/{body['filename']}/metadata").json() == body


def test_public_urls_are_used_in_responses(parts: Parts) -> None:
    """PUBLIC_URL and S3_PUBLIC_URL are the bases of `url` and `image_url`."""
    settings = settings_for(
        **parts.settings,
        public_url="https://images.example.com/",
        s3_public_url="https://cdn.example.com",
    )
    with serving(settings) as service:
        body = service.generate().json()
    assert body["url"] == f"https://images.example.com/images/{body['filename']}"
    assert body["image_url"] == f"https://cdn.example.com/images/{body['filename']}"
