"""The collection of the training set: what is measured, and how tables are joined."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.holes import backgrounds, collect, table
from bench.holes.measure import Measured
from bench.holes.table import REAL, HoleTable

Pixels = NDArray[np.uint8]

SIDE = 512


def draw_face_with_ring() -> Pixels:
    """Return BGRA pixels: a white eye in a face, and a ring beside it."""
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    cv2.circle(pixels, (150, 256), 120, (40, 160, 230, 255), -1)
    cv2.circle(pixels, (150, 256), 40, (255, 255, 255, 255), -1)
    cv2.circle(pixels, (400, 256), 80, (60, 60, 160, 255), 24)
    return pixels


def measured(subject: list[bool], first: float) -> Measured:
    """Return regions of 100 px whose features are all alike."""
    count = len(subject)
    features = np.full((count, table.load().features.shape[1]), first, np.float32)
    return Measured(features, np.array(subject), np.full(count, 100))


@pytest.fixture(scope="module")
def known() -> HoleTable:
    """Return the table of the repository."""
    return table.load()


def test_each_background_of_an_image_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image gives a row on each of its backgrounds, with what is opaque as the truth."""

    def load(source: str) -> Iterator[tuple[str, str, Pixels]]:
        yield "faces", f"face of {source}", draw_face_with_ring()

    monkeypatch.setattr(collect, "load", load)
    rows = list(collect.collect("drawn"))
    assert [row[:3] for row in rows] == [("drawn", "face of drawn", "faces")] * collect.EACH
    assert len({row[3] for row in rows}) == collect.EACH
    for *_, found in rows:
        assert sorted(found.subject) == [False, True]
        assert found.subject[int(found.area.argmin())]


def test_two_sets_are_laid_on_four_backgrounds() -> None:
    """Their styles occur in no other set."""
    rng = np.random.default_rng(0)
    names = [backdrop.name for backdrop in collect.choose_backdrops("noto", rng)]
    assert names == list(collect.FOUR)
    assert len(collect.choose_backdrops("emojione", rng)) == collect.EACH
    with pytest.raises(StopIteration):
        backgrounds.find_backdrop("marble")


def test_a_table_keeps_real_images_and_what_is_held_out(known: HoleTable) -> None:
    """Rows of real images stay; others are replaced, and drawings that are held out stay so."""
    held = int(np.flatnonzero(known.held_out)[0])
    held_source, held_name = str(known.source[held]), str(known.name[held])
    rows = [
        (held_source, held_name, held_name, "white", measured([True, False], 1.0)),
        ("noto", "new", "new", "254", measured([True], 2.0)),
    ]
    built = collect.build(rows, known)
    real = int((known.source == REAL).sum())
    assert list(built.source[real:]) == [held_source, "noto"]
    assert (built.source[:real] == REAL).all()
    assert list(built.held_out[real:]) == [True, False]
    assert list(built.image[-3:]) == [real, real, real + 1]
    assert list(built.subject[-3:]) == [True, False, True]
    assert (built.features[-1] == 2.0).all()
    of_real = known.features[np.isin(known.image, np.flatnonzero(known.source == REAL))]
    assert np.array_equal(built.features[: len(of_real)], of_real)
