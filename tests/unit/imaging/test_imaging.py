"""The public functions of app.imaging on a simple image."""

from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from app import imaging
from tests.support.images.sample_images import INK, choose, encoded, over, owl, pixels
from tests.support.tables import each_row

EYES = ((96, 96), (96, 159))
OWL = encoded(owl())


def cut(data: bytes, **options: Any) -> Any:
    """Return the pixels of the cutout."""
    return pixels(imaging.cutout(data, **options).png)


@pytest.mark.parametrize("holes", ["auto", "keep"])
def test_enclosed_white_parts_are_kept(holes: str) -> None:
    """White eyes enclosed by the subject are part of it."""
    result = cut(OWL, options=choose(holes))
    for eye in EYES:
        assert result[eye].tolist() == [255, 255, 255, 255]


def test_enclosed_white_parts_can_be_cut_as_holes() -> None:
    """With holes=cut the same eyes become transparent, and the subject around them does not."""
    result = cut(OWL, options=choose("cut"))
    assert [result[eye][3] for eye in EYES] == [0, 0]
    assert result[150, 128][3] == 255


def test_the_background_is_fully_transparent() -> None:
    """The background has neither alpha nor color, and the subject keeps both."""
    result = cut(OWL)
    edges = np.concatenate([result[:16], result[-16:], result[:, :16], result[:, -16:]], axis=None)
    assert not edges.any()
    assert result[150, 128].tolist() == [*INK, 255]


@pytest.mark.parametrize("backdrop", [0, 255])
def test_the_edge_has_no_halo(backdrop: int) -> None:
    """Over black the edge is as dark as the subject; over white it matches the original."""
    composite = over(cut(OWL, options=choose("cut")), backdrop)
    if backdrop == 0:
        assert (composite <= np.array(INK) + 12).all()
    else:
        original = np.asarray(owl().resize((256, 256), Image.Resampling.BOX)).astype(float)
        assert np.abs(composite - original).max() <= 40
        assert np.abs(composite - original).mean() <= 0.5


def test_the_edge_is_smooth() -> None:
    """There are partly transparent pixels between subject and background."""
    alpha = cut(OWL)[..., 3]
    assert ((alpha > 32) & (alpha < 224)).sum() > 200


@pytest.mark.parametrize(("width", "height"), [(384, 256), (256, 384), (1000, 100), (300, 1)])
def test_other_aspect_ratios_are_centered(width: int, height: int) -> None:
    """An image that is not square keeps its aspect ratio, with transparency on both sides."""
    canvas = Image.new("RGBA", (width, height), (*INK, 240))
    visible = cut(encoded(canvas))[..., 3] > 0
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    for found, side in ((rows, height), (columns, width)):
        assert len(found) == max(1, round(256 * side / max(width, height)))
        assert abs(found[0] - (255 - found[-1])) <= 1


@pytest.mark.parametrize("size", [1, 64, 256, 700])
def test_the_result_has_the_requested_size(size: int) -> None:
    """The result is an RGBA PNG of exactly this side, also if larger than the original."""
    result = imaging.cutout(OWL, size=size)
    assert pixels(result.png).shape == (size, size, 4)
    assert result.size == size


def test_cutouts_are_deterministic() -> None:
    """The same image gives the same bytes and the same report."""
    assert imaging.cutout(OWL) == imaging.cutout(OWL)


def test_the_report_states_background_and_coverage() -> None:
    """The report has the background's color and the share of the square that is covered."""
    report = imaging.cutout(OWL).report
    assert report.background == "#ffffff"
    assert report.coverage == pytest.approx(np.pi * 36 / 256, abs=0.01)
    assert not report.touches_border
    assert not report.shadow


def encode_16_bits(mode: str) -> bytes:
    """Return the owl with 16 bits per channel."""
    values = np.asarray(owl(mode=mode)).astype(np.uint16) * 257
    done, png = cv2.imencode(".png", values[..., ::-1] if values.ndim == 3 else values)
    assert done
    return png.tobytes()


SAME_IMAGE = {
    "gray": (encoded(owl(mode="L")), 6),
    "palette": (encoded(owl().quantize(256)), 6),
    "16 bits": (encode_16_bits("RGB"), 1),
    "16 bits, gray": (encode_16_bits("L"), 6),
    "opaque alpha": (encoded(owl(mode="RGBA")), 0),
    "jpeg": (encoded(owl(), "JPEG", quality=95), 6),
    "gray jpeg": (encoded(owl(mode="L"), "JPEG", quality=95), 6),
    "webp": (encoded(owl(), "WEBP", lossless=True), 0),
    "lossy webp": (encoded(owl(), "WEBP", quality=95), 6),
}


@each_row("name", SAME_IMAGE)
def test_all_encodings_of_an_image_give_the_same_shape(name: str) -> None:
    """Gray, palette, 16 bits, JPEG and WEBP give the same alpha as the plain PNG."""
    data, tolerance = SAME_IMAGE[name]
    difference = np.abs(cut(data)[..., 3] - cut(OWL)[..., 3])
    assert np.quantile(difference, 0.99) <= tolerance * 4
    assert difference.mean() <= tolerance / 4


@pytest.mark.parametrize("kind", ["8 bits", "16 bits", "gray", "webp"])
def test_existing_transparency_is_kept(kind: str) -> None:
    """An image that is transparent already keeps its alpha, white parts included."""
    image = owl(256, 256, "RGBA")
    image.putalpha(Image.linear_gradient("L"))
    data = encoded(image)
    if kind == "16 bits":
        values = np.asarray(image)[..., [2, 1, 0, 3]].astype(np.uint16) * 257
        data = cv2.imencode(".png", values)[1].tobytes()
    elif kind == "gray":
        data = encoded(image.convert("LA"))
    elif kind == "webp":
        data = encoded(image, "WEBP", lossless=True)
    result = cut(data)
    assert np.abs(result[..., 3] - np.asarray(image)[..., 3]).max() <= 1
    assert result[250, 250].tolist() == [255, 255, 255, 250]
