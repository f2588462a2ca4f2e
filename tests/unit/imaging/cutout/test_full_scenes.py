"""Photos and full scenes have no background to remove, and are kept whole."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.options import AUTOMATIC
from app.imaging.formats.header import read_file
from tests.support.images import scenes
from tests.support.images.sample_images import encoded, pixels
from tests.support.tables import each_row

SCENES = [
    scenes.clouds,
    scenes.landscape,
    scenes.room,
    scenes.city,
    scenes.pattern,
    scenes.foliage,
    scenes.fog,
    scenes.table,
]


@each_row("kind", ["PNG", "JPEG"])
@each_row("scene", SCENES)
def test_a_scene_is_kept_whole(scene: Callable[[], Image.Image], kind: str) -> None:
    """Nothing of it becomes transparent, and the report says that nothing was cut out."""
    options = {"quality": 88} if kind == "JPEG" else {}
    result = imaging.cutout(encoded(scene(), kind, **options))
    assert (pixels(result.png)[..., 3] == 255).all()
    assert (result.report.verdict, result.report.source) == ("bad", "cutout")
    assert "kept whole" in result.report.reasons[0]


@each_row("scene", SCENES)
def test_larger_sizes_are_kept_whole_too(scene: Callable[[], Image.Image]) -> None:
    """All sizes show the same."""
    image, _ = cut_out_large(read_file(encoded(scene())), size=500, options=AUTOMATIC)
    assert (image[..., 3] == 255).all()


@pytest.mark.parametrize("margin", [0, 64])
def test_a_wide_scene_keeps_its_proportions(margin: int) -> None:
    """A scene that isn't square is opaque between transparent bars."""
    scene = scenes.landscape().crop((0, 160 - margin, 640, 480 + margin))
    alpha = pixels(imaging.cutout(encoded(scene)).png)[..., 3]
    rows = np.flatnonzero(alpha.any(axis=1))
    assert (alpha[rows] == 255).all()
    assert abs(len(rows) - round(256 * scene.height / 640)) <= 1


def test_a_scene_with_an_alpha_channel_is_kept_whole() -> None:
    """A model that draws a scene in spite of the request, with alpha 254, changes nothing."""
    scene = scenes.landscape()
    scene.putalpha(254)
    result = imaging.cutout(encoded(scene))
    assert (pixels(result.png)[..., 3] == 255).all()
    with Image.open(io.BytesIO(result.png)) as image:
        assert image.size == (256, 256)
    assert "kept whole" in result.report.reasons[0]
