"""Whole variants: where their pixels come from, and the files that they are written to."""

import io
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.imaging import NotAnImage, Variant
from app.imaging.variants.variant import Format
from app.painter import paint
from tests.support.images.sample_images import encoded, owl
from tests.support.images.variant_images import Floats, Pixels, never, shown

ORIGINAL = encoded(owl(600, 600))
IMAGE = imaging.cutout(ORIGINAL).png
MAGENTA = np.array([255, 0, 255])


def made(**wanted: Any) -> bytes:
    """Return the file of a variant of the owl."""
    return imaging.render_variant(IMAGE, lambda: ORIGINAL, Variant(**wanted))


def seen(rgba: Pixels | Floats) -> Floats:
    """Return the colors of an image that lies on magenta."""
    share = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * share + (1 - share) * MAGENTA)


def psnr(found: Pixels | Floats, expected: Pixels | Floats) -> float:
    """Return how alike two images are, in dB."""
    return float(-10 * np.log10(((found - expected) ** 2).mean() / 255**2 + 1e-12))


def drawn(side: int) -> tuple[bytes, Floats]:
    """Return an original with a disc that has a white eye, and its true cutout on magenta."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    unit = side / 16
    disc = np.clip(6 * unit - np.hypot(x, y) + 0.5, 0, 1)[..., None]
    eye = np.clip(1.3 * unit - np.hypot(x - 2 * unit, y + 2 * unit) + 0.5, 0, 1)[..., None]
    subject = (1 - eye) * (20, 40, 110) + eye * 255
    original = subject * disc + 255 * (1 - disc)
    truth = subject * disc + MAGENTA * (1 - disc)
    return encoded(Image.fromarray(np.rint(original).astype(np.uint8))), truth


@pytest.mark.parametrize("size", [400, 512, 1024])
def test_a_large_variant_is_as_good_as_a_small_one(size: int) -> None:
    """Cut from the original at its size, it is 45 dB from the truth at least: no eye can tell."""
    original, truth = drawn(size)
    image = imaging.cutout(original).png
    found = shown(imaging.render_variant(image, lambda: original, Variant(width=size, height=size)))
    assert psnr(seen(found), truth) >= 45


@pytest.mark.parametrize("side", [300, 1024])
def test_a_large_variant_shows_what_the_plain_image_shows(side: int) -> None:
    """Made small again it is the plain image: same place, same holes, same colors."""
    original = paint("a glazed doughnut")
    image = imaging.cutout(original).png
    large = imaging.render_variant(image, lambda: original, Variant(width=side, height=side))
    again = shown(imaging.render_variant(large, never, Variant()))
    assert psnr(seen(again), seen(shown(image))) >= (40 if side == 1024 else 32)


def test_beyond_the_original_it_is_only_enlarged() -> None:
    """What the original doesn't have isn't invented: it looks like its largest cutout."""
    largest = shown(made(width=600, height=600)).astype(np.uint8)
    found = shown(made(width=1200, height=1200)).astype(np.uint8)
    again = Image.fromarray(found).reduce(2)
    assert psnr(seen(np.asarray(again).astype(int)), seen(largest.astype(int))) >= 40


def test_holes_can_be_cut_again_differently() -> None:
    """The owl's white eyes are kept or cut, as asked, whatever the plain image did."""
    for size in (128, 256, 512):
        eye = 96 * size // 256, 96 * size // 256
        kept = shown(made(width=size, height=size, holes="keep"))
        cut = shown(made(width=size, height=size, holes="cut"))
        assert kept[eye].tolist() == [255, 255, 255, 255]
        assert cut[eye].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["transparent", "no background", "wide", "tiny"])
def test_every_kind_of_original_can_be_shown_large(kind: str) -> None:
    """Where nothing was cut the large variant keeps the whole image too, in the same place."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    images = {
        "transparent": owl(512, 512, "RGBA"),
        "no background": Image.fromarray(noise).resize((600, 400)),
        "wide": owl(900, 300),
        "tiny": owl(64, 64),
    }
    images["transparent"].putalpha(Image.linear_gradient("L").resize((512, 512)))
    original = encoded(images[kind])
    image = imaging.cutout(original).png
    large = imaging.render_variant(image, lambda: original, Variant(width=512, height=512))
    again = np.asarray(Image.fromarray(shown(large).astype(np.uint8)).reduce(2)).astype(int)
    assert psnr(seen(again), seen(shown(image))) >= 30


@pytest.mark.parametrize("file_format", get_args(Format))
def test_each_format_keeps_the_image(file_format: Format) -> None:
    """All hold the same image; opacity is exact but for AVIF, and JPEG lies on white."""
    plain = shown(made(width=300, height=300))
    with Image.open(io.BytesIO(made(width=300, height=300, format=file_format))) as image:
        assert image.format == file_format.upper()
        assert image.mode == ("RGB" if file_format == "jpeg" else "RGBA")
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
        found = np.asarray(image.convert("RGBA")).astype(np.int64)
    if file_format == "jpeg":
        share = plain[..., 3:] / 255
        assert psnr(found[..., :3], plain[..., :3] * share + 255 * (1 - share)) >= 38
    else:
        assert psnr(seen(found), seen(plain)) >= 35
    if file_format in {"png", "webp"}:
        assert (found[..., 3] == plain[..., 3]).all()


def test_quality_is_traded_for_size() -> None:
    """Less quality, smaller file; a WEBP of quality 100 loses nothing."""
    for file_format in ("webp", "avif", "jpeg"):
        sizes = [len(made(format=file_format, quality=quality)) for quality in (10, 60, 95)]
        assert sizes == sorted(set(sizes))
    assert (shown(made(format="webp", quality=100)) == shown(made())).all()


@pytest.mark.parametrize("wanted", [{}, {"width": 300, "height": 300}, {"holes": "cut"}])
def test_a_damaged_image_is_reported(wanted: dict[str, Any]) -> None:
    """Neither half an image nor another file is taken for one."""
    for broken in (b"", b"not an image", ORIGINAL[:3000], IMAGE[:300]):
        with pytest.raises(NotAnImage):
            imaging.render_variant(broken, lambda: broken, Variant(**wanted))  # noqa: B023 - reason: called at once


def test_another_image_than_ours_is_no_stored_image() -> None:
    """A stored image is RGBA; anything else was put there by someone else."""
    with pytest.raises(NotAnImage):
        imaging.render_variant(ORIGINAL, never, Variant())
