"""Helpers for tests of variants: a stored image, decoded responses, and image processors."""

import io
import threading
import uuid
from collections.abc import Callable

import requests
from PIL import Image

from app.imaging import Export, Variant, VariantSource
from tests.support.cached_images import CachingImageProcessor
from tests.support.fakes.ports import FakeImageProcessor
from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service


def store_image(service: Service) -> str:
    """Store an image with its original, and return its path."""
    image_id = str(uuid.uuid4())
    original = encoded(owl())
    cutout = CachingImageProcessor(max_concurrent=1).cut_out(original)
    service.ports.store.put(f"images/{image_id}.png", cutout.png, content_type="image/png")
    service.ports.store.put(f"originals/{image_id}.png", original, content_type="image/png")
    return f"/images/{image_id}.png"


def decode_image(response: requests.Response) -> Image.Image:
    """Decode the image of a response, which must be complete and of the declared type."""
    assert response.status_code == 200, response.text
    image = Image.open(io.BytesIO(response.content))
    image.load()
    assert response.headers["Content-Type"] == content_type_of(image)
    assert int(response.headers["Content-Length"]) == len(response.content)
    return image


def content_type_of(image: Image.Image) -> str:
    """Return the registered content type of an image's format."""
    image_format = (image.format or "").lower()
    return "image/vnd.microsoft.icon" if image_format == "ico" else f"image/{image_format}"


def error_of(response: requests.Response) -> tuple[int, str]:
    """Return status and code of an error response, after checking its shape."""
    body = response.json()
    assert body["status"] == "error"
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, body["code"]


class SlowImaging(FakeImageProcessor):
    """Waits for `gate` before it computes, and counts started calls in `started`."""

    def __init__(self) -> None:
        super().__init__([])
        self.gate = threading.Event()
        self.started = threading.Semaphore(0)

    def render_variant(
        self, image: bytes, source: Callable[[], VariantSource], variant: Variant | Export
    ) -> bytes:
        """See ImageProcessor."""
        self.started.release()
        assert self.gate.wait(60)
        return super().render_variant(image, source, variant)


class CountingImaging(FakeImageProcessor):
    """Records the canonical text of each computed variant."""

    def __init__(self) -> None:
        super().__init__([])
        self.computed: list[str] = []

    def render_variant(
        self, image: bytes, source: Callable[[], VariantSource], variant: Variant | Export
    ) -> bytes:
        """See ImageProcessor."""
        self.computed.append(variant.canonical())
        return super().render_variant(image, source, variant)
