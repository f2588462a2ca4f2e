from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from app import imaging
from tests.support.images.sample_images import INK, encoded, over, owl, pixels

EYES = ((96, 96), (96, 159))
OWL = encoded(owl())


def cut(data: bytes, **options: Any) -> Any:
    """Cut out and return the pixels of the result."""
    return pixels(imaging.cutout(data, **options).png)


@pytest.mark.parametrize("holes", ["auto", "keep"])
def test_white_parts_within_the_subject_stay(holes: str) -> None:
    """White eyes that the subject encloses are paint, not background."""
    result = cut(OWL, holes=holes)
    for eye in EYES:
        assert result[eye].tolist() == [255, 255, 255, 255]


def test_white_parts_can_be_cut_as_holes() -> None:
    """With holes=cut the same eyes become transparent, the subject around them does not."""
    result = cut(OWL, holes="cut")
    assert [result[eye][3] for eye in EYES] == [0, 0]
    assert result[150, 128][3] == 255


def test_the_background_is_wholly_transparent() -> None:
    """Border and corners have no opacity and no color left, the subject has all of both."""
    result = cut(OWL)
    edges = np.concatenate([result[:16], result[-16:], result[:, :16], result[:, -16:]], axis=None)
    assert not edges.any()
    assert result[150, 128].tolist() == [*INK, 255]


@pytest.mark.parametrize("backdrop", [0, 255])
def test_the_edge_has_no_halo(backdrop: int) -> None:
    """On black nothing around the dark subject shines, and on white it looks as it was drawn."""
    seen = over(cut(OWL, holes="cut"), backdrop)
    if backdrop == 0:
        assert (seen <= np.array(INK) + 12).all()
    else:
        drawn = np.asarray(owl().resize((256, 256), Image.Resampling.BOX)).astype(float)
        assert np.abs(seen - drawn).max() <= 40
        assert np.abs(seen - drawn).mean() <= 0.5


def test_the_edge_is_smooth() -> None:
    """Between subject and background there are partly transparent pixels."""
    alpha = cut(OWL)[..., 3]
    assert ((alpha > 32) & (alpha < 224)).sum() > 200


@pytest.mark.parametrize(("width", "height"), [(384, 256), (256, 384), (1000, 100), (300, 1)])
def test_other_shapes_are_centred_on_transparency(width: int, height: int) -> None:
    """An image that is not square is not distorted, and the rest is transparent on both sides."""
    canvas = Image.new("RGBA", (width, height), (*INK, 254))
    solid = cut(encoded(canvas))[..., 3] > 0
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    for found, side in ((rows, height), (columns, width)):
        assert len(found) == max(1, round(256 * side / max(width, height)))
        assert abs(found[0] - (255 - found[-1])) <= 1


@pytest.mark.parametrize("size", [1, 64, 256, 700])
def test_the_result_has_the_asked_size(size: int) -> None:
    """The result is an RGBA PNG of exactly this side, also larger than the original."""
    result = imaging.cutout(OWL, size=size)
    assert pixels(result.png).shape == (size, size, 4)
    assert result.size == size


def test_the_same_image_gives_the_same_bytes() -> None:
    """The cutout can be computed again at any time."""
    assert imaging.cutout(OWL) == imaging.cutout(OWL)


def test_the_report_reports_background_and_coverage() -> None:
    """The found background's color is told, and how much of the result is covered."""
    report = imaging.cutout(OWL).report
    assert report.background == "#ffffff"
    assert report.coverage == pytest.approx(np.pi * 36 / 256, abs=0.01)
    assert not report.touches_border
    assert not report.shadow


def sixteen_bits(mode: str) -> bytes:
    """Write the owl with 16 bits a channel."""
    values = np.asarray(owl(mode=mode)).astype(np.uint16) * 257
    done, png = cv2.imencode(".png", values[..., ::-1] if values.ndim == 3 else values)
    assert done
    return png.tobytes()


SAME_IMAGE = {
    "grey": (encoded(owl(mode="L")), 6),
    "palette": (encoded(owl().quantize(256)), 6),
    "16 bits": (sixteen_bits("RGB"), 1),
    "16 bits, grey": (sixteen_bits("L"), 6),
    "opaque alpha": (encoded(owl(mode="RGBA")), 0),
    "jpeg": (encoded(owl(), "JPEG", quality=95), 6),
    "grey jpeg": (encoded(owl(mode="L"), "JPEG", quality=95), 6),
    "webp": (encoded(owl(), "WEBP", lossless=True), 0),
    "lossy webp": (encoded(owl(), "WEBP", quality=95), 6),
}


@pytest.mark.parametrize("name", SAME_IMAGE)
def test_all_kinds_of_the_same_image_are_cut_alike(name: str) -> None:
    """Grey, palette, 16 bits, JPEG and WEBP give the same shape as the plain PNG."""
    data, tolerance = SAME_IMAGE[name]
    difference = np.abs(cut(data)[..., 3] - cut(OWL)[..., 3])
    assert np.quantile(difference, 0.99) <= tolerance * 4
    assert difference.mean() <= tolerance / 4


@pytest.mark.parametrize("kind", ["8 bits", "16 bits", "grey", "webp"])
def test_an_existing_cutout_is_kept(kind: str) -> None:
    """An image that comes with transparency keeps exactly that, white parts and all."""
    image = owl(256, 256, "RGBA")
    image.putalpha(Image.linear_gradient("L"))
    data = encoded(image)
    if kind == "16 bits":
        data = cv2.imencode(".png", np.asarray(image)[..., [2, 1, 0, 3]].astype(np.uint16) * 257)[
            1
        ].tobytes()
    elif kind == "grey":
        data = encoded(image.convert("LA"))
    elif kind == "webp":
        data = encoded(image, "WEBP", lossless=True)
    result = cut(data)
    assert np.abs(result[..., 3] - np.asarray(image)[..., 3]).max() <= 1
    assert result[250, 250].tolist() == [255, 255, 255, 250]
