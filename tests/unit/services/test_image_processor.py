"""Queues of the image processor: what waits for what."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from app import imaging
from app.imaging import Variant
from app.services.image_processor import LocalImageProcessor
from tests.support.images.sample_images import choose, encoded, owl

ORIGINAL = encoded(owl(300, 300))
IMAGE = imaging.cutout(ORIGINAL).png
LARGE = Variant(width=300, height=300)


def test_a_slow_store_delays_no_other_variant() -> None:
    """While one variant waits for its original, other variants and cutouts are made."""
    pillow, fetching, go_on = (
        LocalImageProcessor(max_concurrent=1),
        threading.Event(),
        threading.Event(),
    )

    def slow() -> imaging.VariantSource:
        fetching.set()
        assert go_on.wait(60)
        return imaging.VariantSource(ORIGINAL)

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(pillow.render_variant, IMAGE, slow, LARGE)
        assert fetching.wait(60)
        assert pillow.render_variant(IMAGE, slow, Variant()) == pillow.cut_out(ORIGINAL).png
        assert not waiting.done()
        go_on.set()
        assert waiting.result() == imaging.render_variant(
            IMAGE, lambda: imaging.VariantSource(ORIGINAL), LARGE
        )


def test_variants_made_by_many_threads_equal_those_of_one() -> None:
    """Concurrent threads share only the queue."""
    pillow = LocalImageProcessor(max_concurrent=1)
    wanted = [Variant(width=200 + 20 * n, height=300, outline=(n, (255, 0, 0))) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(
                lambda v: pillow.render_variant(IMAGE, lambda: imaging.VariantSource(ORIGINAL), v),
                wanted,
            )
        )
    assert made == [
        imaging.render_variant(IMAGE, lambda: imaging.VariantSource(ORIGINAL), variant)
        for variant in wanted
    ]


@pytest.mark.parametrize("options", [imaging.AUTOMATIC, choose("cut")])
def test_a_preview_is_the_cutout_as_a_small_webp(options: imaging.CutoutOptions) -> None:
    """The preview has the cutout's pixels, within WEBP's accuracy."""
    pillow = LocalImageProcessor(max_concurrent=1)
    preview, final = pillow.preview(ORIGINAL, options), pillow.cut_out(ORIGINAL, options).png
    assert preview
    with Image.open(io.BytesIO(preview)) as shown, Image.open(io.BytesIO(final)) as cut:
        assert (shown.format, shown.size) == ("WEBP", (imaging.SIDE, imaging.SIDE))
        assert shown.getchannel("A").tobytes() == cut.getchannel("A").tobytes()


@pytest.mark.parametrize("data", [b"", b"no image", ORIGINAL[:500]], ids=["", "text", "half"])
def test_a_preview_that_can_not_be_made_is_none(data: bytes) -> None:
    """A broken partial image is no error, and delays nothing afterwards."""
    pillow = LocalImageProcessor(max_concurrent=1)
    assert pillow.preview(data) is None
    assert pillow.preview(ORIGINAL)


def test_a_preview_delays_no_paid_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a paid image is cut out, no preview is made."""
    cutting, go_on = threading.Event(), threading.Event()
    cutout = imaging.cutout

    def slow(data: bytes, **more: Any) -> imaging.Cutout:
        cutting.set()
        assert go_on.wait(60)
        return cutout(data, **more)

    monkeypatch.setattr(imaging, "cutout", slow)
    pillow = LocalImageProcessor(max_concurrent=1)
    with ThreadPoolExecutor(1) as other:
        paid = other.submit(pillow.cut_out, ORIGINAL)
        assert cutting.wait(60)
        assert pillow.preview(ORIGINAL) is None
        go_on.set()
        assert paid.result().png == IMAGE
    assert pillow.preview(ORIGINAL)
