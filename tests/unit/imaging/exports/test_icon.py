"""ICO files: their images, and how a cutout is reduced to them."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from app.imaging.exports.ico import encode_ico
from app.imaging.exports.icon import ICON_SIDES, encode_icon, reduce_to_icon
from tests.support.images.sample_images import INK
from tests.support.images.variant_images import Pixels, random_image
from tests.support.tables import each_row

RED = (200, 30, 30, 255)


def canvas(*boxes: tuple[int, int, int, int], side: int = 256) -> Any:
    """Return a transparent square with filled boxes: top, bottom, left, right."""
    image = np.zeros((side, side, 4), np.uint8)
    for top, bottom, left, right in boxes:
        image[top:bottom, left:right] = (*INK, 255)
    return image


def read(file: bytes) -> dict[int, Pixels]:
    """Return the images of an ICO file, by side, as Pillow reads them."""
    with Image.open(io.BytesIO(file)) as icon:
        assert isinstance(icon, IcoImageFile)
        return {
            side: np.asarray(icon.ico.getimage((side, side)).convert("RGBA")).astype(np.int64)
            for side, _ in icon.ico.sizes()
        }


def test_readers_get_the_exact_pixels() -> None:
    """Small entries are bitmaps, large ones are PNG, and both keep color and alpha."""
    sides = (16, 24, 33, 64, 65, 256)
    images = [random_image(side, side, side).astype(np.uint8) for side in sides]
    file = encode_ico(images)
    assert file[:6] == struct.pack("<HHH", 0, 1, len(sides))
    kinds = []
    for number, (side, image) in enumerate(zip(sides, images, strict=True)):
        *_, bits, size, offset = struct.unpack_from("<BBBBHHII", file, 6 + 16 * number)
        kinds.append(file[offset : offset + size].startswith(b"\x89PNG"))
        assert bits == 32
        assert (read(file)[side] == image).all()
    assert kinds == [side > 64 for side in sides]


def test_the_mask_marks_transparent_pixels() -> None:
    """Readers without alpha see what is fully transparent."""
    image = random_image(1, 33, 33).astype(np.uint8)
    mask = np.frombuffer(encode_ico([image])[-33 * 8 :], np.uint8).reshape(33, 8)  # 64 bits a line
    bits = np.unpackbits(mask, axis=1)
    assert (bits[::-1, :33] == (image[..., 3] == 0)).all()
    assert not bits[:, 33:].any()


def test_a_small_subject_fills_the_icon_unless_padded() -> None:
    """The transparent margin is cut off; an icon with padding keeps it."""
    image = canvas((100, 140, 90, 130))
    for side, icon in read(encode_icon(image, trim=True)).items():
        assert side in ICON_SIDES
        assert (icon[..., 3] == 255).all()
    assert read(encode_icon(image, trim=False))[16][0, 0, 3] == 0


@each_row(
    "box, rows",
    [
        ((13, 240, 21, 90), 16),
        ((13, 90, 21, 240), 6),
        ((20, 21, 0, 256), 1),
        ((0, 256, 77, 78), 16),
    ],
)
def test_straight_edges_are_sharp(box: tuple[int, int, int, int], rows: int) -> None:
    """A rectangle anywhere has no half-transparent rim, and its own color."""
    icon = reduce_to_icon(canvas(box), 16)
    alpha = icon[..., 3]
    assert set(np.unique(alpha)) <= {0, 255}
    assert alpha.any(axis=1).sum() == rows
    assert (icon[alpha == 255][:, :3] == INK).all()


def test_detached_details_are_left_out_at_16_pixels() -> None:
    """Small parts apart from the subject would make it smaller, so only larger icons have them."""
    image = canvas((64, 192, 64, 192), (10, 20, 10, 20))
    assert (reduce_to_icon(image, 16)[..., 3] == 255).all()
    assert reduce_to_icon(image, 48)[0, 0, 3] == 255
    assert reduce_to_icon(image, 48)[0, -1, 3] == 0
    twins = canvas((0, 60, 0, 60), (0, 60, 196, 256))
    assert reduce_to_icon(twins, 16)[8, [0, -1], 3].tolist() == [255, 255]


def test_thin_lines_keep_more_contrast_than_by_averaging() -> None:
    """A dark line of half a pixel on a light plate is darker than its average, which is 128."""
    image = np.full((256, 256, 4), 255, np.uint8)
    image[:, 116:124, :3] = 0
    assert reduce_to_icon(image, 16)[:, 7, 0].max() < 128 - 30


def test_glass_keeps_its_opacity() -> None:
    """Only the transition from opaque to transparent is steepened, not partial opacity."""
    glass = np.full((256, 256, 4), (90, 120, 200, 100), np.uint8)
    assert (reduce_to_icon(glass, 16)[..., 3] == 100).all()


@pytest.mark.parametrize("trim", [True, False])
def test_an_invisible_image_is_an_empty_icon(trim: bool) -> None:
    """Without visible pixels there is nothing to trim to."""
    for icon in read(encode_icon(canvas(), trim=trim)).values():
        assert not icon.any()


def test_a_small_image_is_enlarged() -> None:
    """A subject of a few pixels fills the icon too, without overflow of colors."""
    image = np.zeros((64, 64, 4), np.uint8)
    image[30:33, 40:43] = RED
    icon = reduce_to_icon(image, 48)
    assert (icon == RED).all()
