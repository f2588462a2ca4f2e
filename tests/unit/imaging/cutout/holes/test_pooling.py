"""Enclosed regions that are decided together."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout.holes.pooling import FEATURES, is_line_art, pool

Array = NDArray[Any]

LINE_ART = {"fill_share": 0.1, "dark_share": 0.7, "color_share": 0.0, "total_area": 0.8}
FILLED = {"fill_share": 0.9, "dark_share": 0.2, "color_share": 0.7, "total_area": 0.1}


def regions(count: int, drawing: dict[str, float], **columns: list[float]) -> Array:
    """Return features of regions: all alike, except for some columns."""
    table = np.ones((count, len(FEATURES)), np.float32)
    for name, value in drawing.items():
        table[:, FEATURES.index(name)] = value
    for name, values in columns.items():
        table[:, FEATURES.index(name)] = values
    return table


def test_a_line_drawing_gets_one_decision() -> None:
    """All regions of a line drawing are kept or cut together, by their area."""
    measured = regions(3, LINE_ART, area_to_image=[0.4, 0.01, 0.01])
    pooled = pool(np.array([3.0, -2.0, -2.0]), measured)
    assert pooled.tolist() == pytest.approx([pooled[0]] * 3)
    assert pooled[0] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("fill_share", 0.6), ("dark_share", 0.1), ("color_share", 0.5), ("total_area", 0.1)],
)
def test_other_drawings_are_no_line_drawings(name: str, value: float) -> None:
    """Filled, pale and colored drawings, and those that enclose little, are judged by region."""
    assert is_line_art(regions(2, LINE_ART))
    assert not is_line_art(regions(2, {**LINE_ART, name: value}))


def test_repeated_regions_agree() -> None:
    """Regions of equal size, shape and surroundings get the same log-odds."""
    measured = regions(3, FILLED, area_to_image=[0.01, 0.01, 0.01])
    pooled = pool(np.array([0.5, -0.1, -0.7]), measured)
    assert pooled.tolist() == pytest.approx([-0.1] * 3)


def test_different_regions_are_decided_alone() -> None:
    """A region of another size, or one that is judged very differently, changes nothing."""
    odds = np.array([2.0, -1.0])
    assert pool(odds, regions(2, FILLED, area_to_image=[0.1, 0.01])).tolist() == odds.tolist()
    far = np.array([3.0, -3.0])
    assert pool(far, regions(2, FILLED, area_to_image=[0.01, 0.01])).tolist() == far.tolist()


def test_no_decision_depends_on_the_order() -> None:
    """Each region's log-odds are the same wherever it stands in the list."""
    measured = regions(4, FILLED, area_to_image=[0.02, 0.019, 0.01, 0.001])
    odds = np.array([0.3, -0.4, 1.0, -1.5])
    backwards = pool(odds[::-1].copy(), measured[::-1].copy())[::-1]
    assert pool(odds, measured).tolist() == pytest.approx(backwards.tolist())
