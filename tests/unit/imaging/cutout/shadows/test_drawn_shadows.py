"""A flat drawn shadow goes; pale parts of the subject that look alike stay."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from tests.support.images.sample_images import encoded, pixels

RED = (200, 60, 30)
PALE = (252, 248, 243)


def figure(area: tuple[int, int, int, int], *, outline: bool = False) -> Image.Image:
    """Return a figure with two feet, and behind it a pale ellipse in this box."""
    canvas = Image.new("RGB", (1024, 1024), "white")
    pen = ImageDraw.Draw(canvas)
    pen.ellipse(area, fill=PALE, outline=(60, 30, 20) if outline else None, width=10)
    pen.ellipse((340, 200, 680, 720), fill=RED)
    pen.rectangle((400, 600, 460, 880), fill=RED)
    pen.rectangle((560, 600, 620, 880), fill=RED)
    return canvas


def alpha_of(image: Image.Image) -> NDArray[np.int64]:
    """Return the alpha of the cutout."""
    return pixels(imaging.cutout(encoded(image)).png)[..., 3]


def test_a_flat_shadow_on_the_ground_is_cut() -> None:
    """A pale ellipse below the feet is removed, between them, too."""
    image = figure((280, 840, 760, 910))
    alpha = alpha_of(image)
    assert alpha[219, [80, 127, 180]].max() <= 20
    assert alpha[210, 107] == alpha[100, 127] == 255
    assert imaging.cutout(encoded(image)).report.shadow


@pytest.mark.parametrize(
    ("area", "options"),
    [
        ((280, 840, 760, 910), {"outline": True}),
        ((280, 560, 760, 900), {}),
        ((700, 300, 900, 360), {}),
    ],
    ids=["outlined", "high", "beside the subject"],
)
def test_other_pale_areas_are_subject(
    area: tuple[int, int, int, int], options: dict[str, Any]
) -> None:
    """A pale area with an outline, one as high as the legs, and one in the air are kept."""
    alpha = alpha_of(figure(area, **options))
    x, y = (area[2] * 3 + area[0]) // 4, (area[1] + area[3]) // 2
    assert alpha[y // 4, x // 4] == 255
