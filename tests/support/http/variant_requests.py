"""What the tests of variants have in common: a stored image, and how to read answers."""

import io
import threading
import uuid
from collections.abc import Callable

import requests
from PIL import Image

from app.imaging import Variant
from tests.support.fakes.ports import FakeImaging
from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service


def put_image(service: Service) -> str:
    """Store an image with its original, and return its path."""
    image_id = str(uuid.uuid4())
    original = encoded(owl())
    cutout = service.ports.imaging.cut_out(original)
    service.ports.store.put(f"images/{image_id}.png", cutout.png, content_type="image/png")
    service.ports.store.put(f"originals/{image_id}.png", original, content_type="image/png")
    return f"/images/{image_id}.png"


def decoded(answer: requests.Response) -> Image.Image:
    """Return the image in the answer, which has to be a whole one of the type it says."""
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert answer.headers["Content-Type"] == f"image/{(image.format or '').lower()}"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return image


def reported(answer: requests.Response) -> tuple[int, str]:
    """Return status and code of a failure, after checking its shape."""
    body = answer.json()
    assert body["status"] == "error"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, body["code"]


class SlowImaging(FakeImaging):
    """Computes nothing until its gate is open, and tells when work has begun."""

    def __init__(self) -> None:
        super().__init__([])
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)

    def render_variant(
        self, image: bytes, original: Callable[[], bytes], variant: Variant
    ) -> bytes:
        """See Imaging."""
        self.begun.release()
        assert self.gate.wait(10)
        return super().render_variant(image, original, variant)


class CountingImaging(FakeImaging):
    """Remembers which variants it computed; each is `<canonical> of <image>`."""

    def __init__(self) -> None:
        super().__init__([])
        self.made: list[str] = []

    def render_variant(
        self, image: bytes, original: Callable[[], bytes], variant: Variant
    ) -> bytes:
        """See Imaging."""
        self.made.append(variant.canonical())
        return super().render_variant(image, original, variant)
