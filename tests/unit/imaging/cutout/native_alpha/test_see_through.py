"""Enclosed areas that a model left see-through: filled only if they are surely subject."""

import numpy as np
import pytest

from app.imaging.cutout.native_alpha import see_through
from app.imaging.cutout.native_alpha.see_through import SeeThroughAreas, fill, judge_areas
from app.imaging.cutout.options import AUTOMATIC, CutoutOptions, HoleChoice
from tests.support.images.native_alpha import (
    BLUE,
    CLEAR,
    Pixels,
    drawn,
    face,
    judge_shapes_as,
    ring,
    with_color_below,
)


def judged(pixels: Pixels, options: CutoutOptions = AUTOMATIC) -> SeeThroughAreas:
    """Judge an RGBA image at its own size."""
    bgra = np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])
    return judge_areas(bgra, pixels.shape[1], pixels.shape[0], options)


def test_no_enclosed_area() -> None:
    """An image without one costs no judgment, and nothing changes."""
    found = judged(face())
    assert (found.decisions.candidates, found.fillings) == ([], ())
    assert found.fill(face()) is not None


def test_a_hole_stays() -> None:
    """The hole of a ring is listed and stays see-through."""
    found = judged(ring())
    assert len(found.decisions.candidates) == found.decisions.cut == 1
    assert found.fillings == ()
    assert found.decisions.chance[0] < see_through.MIN_MISTAKE


def test_eyes_are_filled_if_their_shape_is_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small enclosed areas that would surely be subject on white become white."""
    judge_shapes_as(monkeypatch, 0.999)
    found = judged(face(CLEAR))
    assert (found.decisions.kept, found.decisions.cut) == (2, 0)
    filled = found.fill(face(CLEAR))
    assert filled[230, 178].tolist() == [255, 255, 255, 255]
    assert np.abs(filled.astype(int) - face())[200:235, 172:340].max() <= 40
    assert filled[0, 0].tolist() == [0, 0, 0, 0]


def test_a_usual_chance_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be kept on white stays see-through here, since models seldom make the mistake."""
    judge_shapes_as(monkeypatch, 0.9)
    assert judged(face(CLEAR)).fillings == ()


def test_paint_below_is_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the model has painted light color below the area, that color comes back."""
    judge_shapes_as(monkeypatch, 0.9)
    found = judged(with_color_below(face(CLEAR), (250, 245, 240)))
    assert found.decisions.kept == 2
    assert found.fillings[0].color.tolist() == [250, 245, 240]
    assert judged(with_color_below(face(CLEAR), (40, 80, 200))).fillings == ()


def test_large_areas_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large area is never filled on its own."""
    judge_shapes_as(monkeypatch, 0.999)
    assert judged(ring()).fillings == ()


def test_faintly_enclosed_areas_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """An area within glass is never filled on its own."""
    judge_shapes_as(monkeypatch, 0.999)
    glass = drawn(
        ("ellipse", (80, 80, 432, 432), (*BLUE[:3], 90)),
        ("ellipse", (220, 220, 270, 270), CLEAR),
    )
    assert judged(glass).fillings == ()


def test_the_caller_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """`keep` fills any area, `cut` none, and numbers choose single ones."""
    keep = judged(ring(), CutoutOptions(holes=HoleChoice("keep")))
    assert keep.fill(ring())[256, 256].tolist() == [255, 255, 255, 255]
    judge_shapes_as(monkeypatch, 0.999)
    assert judged(face(CLEAR), CutoutOptions(holes=HoleChoice("cut"))).fillings == ()
    one = judged(face(CLEAR), CutoutOptions(holes=HoleChoice(cut=(2,))))
    assert (one.decisions.kept, one.decisions.cut) == (1, 1)


def test_areas_too_small_to_be_seen_are_ignored() -> None:
    """Gaps of a few pixels, as in fur, are neither judged nor counted."""
    gaps = [("ellipse", (x, 200, x + 8, 208), CLEAR) for x in range(150, 350, 20)]
    found = judged(drawn(("ellipse", (80, 80, 432, 432), BLUE), *gaps))
    assert found.decisions.candidates == []


def test_filling_at_any_size() -> None:
    """Filling lays the image on the color, and follows soft edges of image and mask."""
    image = np.zeros((4, 4, 4), np.uint8)
    image[:2] = (0, 0, 200, 128)
    mask = np.full((8, 8), 255, np.uint8)
    found = fill(image, mask, np.array([255.0, 255.0, 255.0]))
    assert (found[..., 3] == 255).all()
    assert np.abs(found[0, 0, :3].astype(int) - [127, 127, 227]).max() <= 1
    assert not fill(image, np.zeros((2, 2), np.uint8), np.zeros(3))[3, 3].any()


def test_words_of_the_prompt_are_evidence() -> None:
    """An enclosed area is more likely subject in a panda, and less likely in a ring."""
    chances = [
        judged(ring(), CutoutOptions(subject=words)).decisions.chance[0]
        for words in ("a ring", "", "a panda")
    ]
    assert chances[0] < chances[1] < chances[2]
