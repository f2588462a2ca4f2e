"""Images with transparency of their own, from file to result."""

import io

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.native_alpha.cleaning import lay_on
from app.imaging.cutout.options import CutoutOptions, HoleChoice
from app.imaging.formats.header import read_file
from tests.support.images.native_alpha import (
    CLEAR,
    Pixels,
    as_file,
    decoded,
    face,
    judge_shapes_as,
    ring,
    with_color_below,
    with_veil,
)

KEEP = CutoutOptions(holes=HoleChoice("keep"))


def truth(pixels: Pixels) -> np.ndarray:
    """Return RGBA at 256x256, premultiplied while it is reduced."""
    image = Image.fromarray(pixels).convert("RGBa").reduce(2).convert("RGBA")
    return np.asarray(image).astype(np.int64)


def opaque(pixels: Pixels, color: int = 255) -> Pixels:
    """Return the same on a color, in a file with alpha 254 everywhere."""
    rgb = lay_on(pixels, np.full(3, color))
    return np.dstack([rgb, np.full(rgb.shape[:2], 254, np.uint8)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_veil_is_removed(kind: str) -> None:
    """The result equals that of the clean image, to the rounding of levels."""
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    result = imaging.cutout(as_file(with_veil(face()), kind, **options))
    found, expected = decoded(result.png), truth(face())
    assert (found[expected[..., 3] == 0] == 0).all()
    assert np.abs(found[..., 3] - expected[..., 3]).max() <= 2
    assert (result.report.source, result.report.verdict) == ("model", "good")


def test_color_below_transparency_never_shows() -> None:
    """Colors of what is fully transparent, or nearly so, leave no trace at the edge."""
    plain = decoded(imaging.cutout(as_file(face())).png)
    veiled = with_veil(with_color_below(face()))
    assert np.abs(decoded(imaging.cutout(as_file(veiled)).png) - plain).max() <= 2


def test_an_opaque_image_is_cut_out() -> None:
    """A background that the model painted is cut out, although the file has an alpha channel."""
    result = imaging.cutout(as_file(opaque(face())))
    found, expected = decoded(result.png), truth(face())
    assert (result.report.source, result.report.background) == ("cutout", "#ffffff")
    assert np.abs(found[..., 3] - expected[..., 3]).mean() < 2


def test_a_painted_checkerboard_is_cut_out() -> None:
    """A checkerboard that the model painted instead of transparency is cut out, too."""
    rows, columns = np.indices((512, 512)) // 16
    board = np.where((rows + columns) % 2, 255, 204)[..., None]
    alpha = face()[..., 3:] / 255
    color = np.rint(face()[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)
    pixels = np.dstack([color, np.full((512, 512), 255, np.uint8)])
    result = imaging.cutout(as_file(pixels))
    assert (result.report.source, result.report.coverage < 0.5) == ("cutout", True)
    error = np.abs(decoded(result.png)[..., 3] - truth(face())[..., 3])
    assert error.mean() < 4


def test_a_stated_background_replaces_the_alpha() -> None:
    """A caller who states the background gets a cutout, even if the model's alpha looks right."""
    options = CutoutOptions(background="#ffffff")
    result = imaging.cutout(as_file(face()), options=options)
    assert (result.report.source, result.report.background) == ("cutout", "#ffffff")


def test_areas_are_reported_and_chosen() -> None:
    """See-through areas have numbers, as those of a cutout do, and can be filled."""
    (area,) = imaging.cutout(as_file(ring())).report.areas
    assert (area.number, area.decision) == (1, "cut")
    assert area.center == pytest.approx((0.5, 0.5), abs=0.01)
    result = imaging.cutout(as_file(ring()), options=KEEP)
    assert result.report.areas[0].decision == "keep"
    assert (result.report.holes_kept, result.report.holes_cut) == (1, 0)
    assert decoded(result.png)[128, 128].tolist() == [255, 255, 255, 255]


@pytest.mark.parametrize("size", [256, 700])
def test_all_sizes_show_the_same(size: int) -> None:
    """At larger sizes the same areas are filled, and the same veil is removed."""
    image, count = cut_out_large(read_file(as_file(with_veil(ring()))), size=size, options=KEEP)
    assert (count, image[size // 2, size // 2].tolist()) == (1, [255, 255, 255, 255])
    assert not image[:4].any()


def test_a_mask_restores_color() -> None:
    """What a mask restores has the color below the alpha, or white where that is black."""
    levels = np.full((512, 512), 128, np.uint8)
    levels[:40], levels[470:] = 255, 0
    mask = io.BytesIO()
    Image.fromarray(levels).save(mask, "PNG")
    options = CutoutOptions(mask=mask.getvalue())
    below = with_color_below(face(), (200, 100, 50))
    assert decoded(imaging.cutout(as_file(below), options=options).png)[5, 128].tolist() == [
        200, 100, 50, 255,
    ]  # fmt: skip
    found = decoded(imaging.cutout(as_file(face()), options=options).png)
    assert found[5, 128].tolist() == [255, 255, 255, 255]
    assert not found[240:].any()


def _glass() -> Pixels:
    pixels = face()
    pixels[..., 3] = pixels[..., 3] // 6
    return pixels


@pytest.mark.parametrize(
    ("pixels", "verdict", "reason"),
    [
        (face(), "good", "already transparent"),
        (ring(), "good", "already transparent"),
        (_glass(), "check", "nearly transparent"),
        (np.roll(face(), 200, axis=0), "good", "already transparent"),
        (np.zeros((64, 64, 4), np.uint8), "bad", "empty"),
    ],
)
def test_verdict(pixels: Pixels, verdict: str, reason: str) -> None:
    """The model's transparency is good unless much is faint, or areas are doubtful."""
    report = imaging.cutout(as_file(pixels)).report
    assert (report.source, report.verdict) == ("model", verdict)
    assert reason in " ".join(report.reasons)


def test_doubtful_areas_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An area that may be subject, but stays see-through, makes the verdict `check`."""
    judge_shapes_as(monkeypatch, 0.93)
    report = imaging.cutout(as_file(face(CLEAR))).report
    assert [area.decision for area in report.areas] == ["cut", "cut"]
    assert report.verdict == "check"
    assert "left see-through" in report.reasons[0]
