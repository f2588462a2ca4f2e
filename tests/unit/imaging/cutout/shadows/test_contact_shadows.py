"""Shadows of any size go with the background; subjects never do."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from tests.support.images.sample_images import encoded, pixels

SIDE = 1024
BODY = (300, 200, 724, 700)
PALE = (246, 245, 244)
RED = (200, 60, 30)


def with_shadow(flat: int, subject: tuple[int, int, int], darkness: int = 120) -> Image.Image:
    """Return a subject on a contact shadow that is twice `flat` px high."""
    shadow = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(shadow).ellipse((340, 700 - flat, 684, 700 + flat), fill=darkness)
    canvas = Image.new("RGB", (SIDE, SIDE), (254, 254, 254))
    canvas.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(flat * 0.7)))
    body = Image.new("L", (SIDE * 2, SIDE * 2))
    ImageDraw.Draw(body).ellipse(tuple(2 * v for v in BODY), fill=255)
    canvas.paste(subject, mask=body.reduce(2))
    return canvas


def alpha_of(image: Image.Image) -> NDArray[np.int64]:
    """Return the alpha of the cutout."""
    return pixels(imaging.cutout(encoded(image)).png)[..., 3]


def true_alpha() -> NDArray[Any]:
    """Return the subject's alpha at the result's size."""
    mask = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).ellipse(BODY, fill=255)
    return np.asarray(mask.reduce(4)).astype(int)


@pytest.mark.parametrize("flat", [14, 24, 60])
def test_a_contact_shadow_leaves_no_plate(flat: int) -> None:
    """A small shadow below a subject is removed like a large one."""
    alpha, truth = alpha_of(with_shadow(flat, RED)), true_alpha()
    assert (alpha[truth == 0] > 25).mean() < 0.0015
    assert alpha[truth == 255].min() >= 190


def test_a_pale_subject_stays_when_its_shadow_goes() -> None:
    """A subject nearly as light as the background isn't removed with its shadow."""
    alpha, truth = alpha_of(with_shadow(40, PALE)), true_alpha()
    assert (alpha[truth == 255] < 128).mean() < 0.01
    assert (alpha[truth == 0] > 128).mean() < 0.01


def test_corners_around_a_subject_that_touches_the_border_are_background() -> None:
    """A round subject that touches all four sides leaves four corners, all of them cut."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(image).ellipse((-4, -4, SIDE + 3, SIDE + 3), fill=(150, 200, 210))
    alpha = alpha_of(image)
    assert [alpha[y, x] for y in (2, -3) for x in (2, -3)] == [0, 0, 0, 0]
    assert alpha[128, 128] == 255


def test_a_gray_subject_stays_where_its_shadow_is_as_dark() -> None:
    """The flood enters a gray disc through its lost edge, but its outline has a hard edge."""
    image = with_shadow(40, (128, 128, 128), darkness=126)
    alpha, truth = alpha_of(image), true_alpha()
    assert (alpha[truth == 255] < 128).mean() < 0.01
