"""Rendered variants: the source of their pixels, and the files that they are encoded to."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.imaging import NotAnImage, Variant
from app.imaging.variants.variant import Format
from app.painter import paint
from tests.support.images.sample_images import encoded, owl
from tests.support.images.variant_images import (
    Floats,
    Pixels,
    decode,
    encode_stored,
    no_original,
    random_image,
)
from tests.support.tables import each_row

ORIGINAL = encoded(owl(600, 600))
IMAGE = imaging.cutout(ORIGINAL).png
MAGENTA = np.array([255, 0, 255])


def render(**parameters: Any) -> bytes:
    """Return the file of a variant of the owl."""
    return imaging.render_variant(
        IMAGE, lambda: imaging.VariantSource(ORIGINAL), Variant(**parameters)
    )


def over_magenta(rgba: Pixels | Floats) -> Floats:
    """Return an image's colors composited over magenta."""
    alpha = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * alpha + (1 - alpha) * MAGENTA)


def psnr(found: Pixels | Floats, expected: Pixels | Floats) -> float:
    """Return the PSNR of an image, in dB."""
    return float(-10 * np.log10(((found - expected) ** 2).mean() / 255**2 + 1e-12))


def disc_with_eye(side: int) -> tuple[bytes, Floats]:
    """Return an original with a disc that has a white eye, and its true cutout over magenta."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    unit = side / 16
    disc = np.clip(6 * unit - np.hypot(x, y) + 0.5, 0, 1)[..., None]
    eye = np.clip(1.3 * unit - np.hypot(x - 2 * unit, y + 2 * unit) + 0.5, 0, 1)[..., None]
    subject = (1 - eye) * (20, 40, 110) + eye * 255
    original = subject * disc + 255 * (1 - disc)
    truth = subject * disc + MAGENTA * (1 - disc)
    return encoded(Image.fromarray(np.rint(original).astype(np.uint8))), truth


@pytest.mark.parametrize("size", [400, 512, 1024])
def test_a_large_variant_is_as_accurate_as_a_small_one(size: int) -> None:
    """Cut from the original at its size, the PSNR against the truth is at least 45 dB."""
    original, truth = disc_with_eye(size)
    image = imaging.cutout(original).png
    file = imaging.render_variant(
        image, lambda: imaging.VariantSource(original), Variant(width=size, height=size)
    )
    assert psnr(over_magenta(decode(file)), truth) >= 45


@pytest.mark.parametrize("side", [300, 1024])
def test_a_large_variant_shows_the_same_as_the_plain_image(side: int) -> None:
    """Scaled down, it equals the plain image: same position, same holes, same colors."""
    original = paint("a glazed doughnut")
    image = imaging.cutout(original).png
    large = imaging.render_variant(
        image, lambda: imaging.VariantSource(original), Variant(width=side, height=side)
    )
    again = decode(imaging.render_variant(large, no_original, Variant()))
    assert psnr(over_magenta(again), over_magenta(decode(image))) >= (40 if side == 1024 else 32)


def test_beyond_the_original_s_size_the_cutout_is_enlarged() -> None:
    """No detail is invented: the result looks like the largest cutout of the original."""
    largest = decode(render(width=600, height=600))
    found = decode(render(width=1200, height=1200)).astype(np.uint8)
    again = np.asarray(Image.fromarray(found).reduce(2)).astype(int)
    assert psnr(over_magenta(again), over_magenta(largest)) >= 40


def test_holes_can_be_cut_differently() -> None:
    """The owl's white eyes are kept or cut on request, whatever the stored image has."""
    for size in (128, 256, 512):
        eye = 96 * size // 256, 96 * size // 256
        kept = decode(render(width=size, height=size, holes=imaging.HoleChoice("keep")))
        cut = decode(render(width=size, height=size, holes=imaging.HoleChoice("cut")))
        assert kept[eye].tolist() == [255, 255, 255, 255]
        assert cut[eye].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["transparent", "no background", "wide", "tiny"])
def test_every_kind_of_original_can_be_rendered_large(kind: str) -> None:
    """Where nothing was cut, the large variant keeps the whole image too, in the same place."""
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
    large = imaging.render_variant(
        image, lambda: imaging.VariantSource(original), Variant(width=512, height=512)
    )
    again = np.asarray(Image.fromarray(decode(large).astype(np.uint8)).reduce(2)).astype(int)
    assert psnr(over_magenta(again), over_magenta(decode(image))) >= 30


@pytest.mark.parametrize("file_format", ["png", "webp", "avif", "jpeg"])
def test_each_format_keeps_the_image(file_format: Format) -> None:
    """All formats have the same image; alpha is exact but for AVIF, and JPEG is on white."""
    plain = decode(render(width=300, height=300))
    with Image.open(io.BytesIO(render(width=300, height=300, format=file_format))) as image:
        assert image.format == file_format.upper()
        assert image.mode == ("RGB" if file_format == "jpeg" else "RGBA")
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
        found = np.asarray(image.convert("RGBA")).astype(np.int64)
    if file_format == "jpeg":
        alpha = plain[..., 3:] / 255
        assert psnr(found[..., :3], plain[..., :3] * alpha + 255 * (1 - alpha)) >= 38
    else:
        assert psnr(over_magenta(found), over_magenta(plain)) >= 35
    if file_format in {"png", "webp"}:
        assert (found[..., 3] == plain[..., 3]).all()


def test_lower_quality_gives_smaller_files() -> None:
    """Size grows with quality, and a WEBP of quality 100 is lossless."""
    for file_format in ("webp", "avif", "jpeg"):
        sizes = [len(render(format=file_format, quality=quality)) for quality in (10, 60, 95)]
        assert sizes == sorted(set(sizes))
    assert (decode(render(format="webp", quality=100)) == decode(render())).all()


def test_noise_is_a_jpeg_in_any_quality() -> None:
    """What can't be compressed is no error, although Pillow fails to optimize it."""
    image = encode_stored(random_image(5))
    for quality in (94, 95, 100):
        variant = Variant(format="jpeg", quality=quality)
        assert decode(imaging.render_variant(image, no_original, variant)).shape == (256, 256, 4)


CUT = {"holes": imaging.HoleChoice("cut")}


@each_row("parameters", [{}, {"width": 300, "height": 300}, CUT])
@each_row("broken", [b"", b"not an image", ORIGINAL[:3000], IMAGE[:300]])
def test_a_damaged_file_raises_not_an_image(broken: bytes, parameters: dict[str, Any]) -> None:
    """Neither a truncated image nor another file is rendered."""
    with pytest.raises(NotAnImage):
        imaging.render_variant(broken, lambda: imaging.VariantSource(broken), Variant(**parameters))


def test_a_stored_image_must_be_rgba() -> None:
    """A stored image is an RGBA PNG; any other file there is refused."""
    with pytest.raises(NotAnImage):
        imaging.render_variant(ORIGINAL, no_original, Variant())
