"""The shipped model for enclosed areas, held against the table that it was trained from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout import decision_trees, hole_features, holes

Array = NDArray[Any]

TABLE = Path(__file__).parents[4] / "bench" / "holes" / "features.npz"
CROSS_VALIDATED = 0.89  # see bench/holes/README.md
MARGIN = 0.04  # three standard errors of the accuracy on 600 rows


@pytest.fixture(scope="module")
def table() -> dict[str, Array]:
    """Return the measurements of the artwork."""
    with np.load(TABLE, allow_pickle=False) as file:
        return dict(file)


def chance_of(rows: Array) -> Array:
    """Ask the shipped model."""
    return decision_trees.load_trees(holes.MODEL_FILE).predict(rows)


def test_it_was_trained_on_the_columns_that_are_measured(table: dict[str, Array]) -> None:
    """A column more, or in another place, would make it answer nonsense."""
    document = json.loads(holes.MODEL_FILE.read_text("utf-8"))
    assert document["columns"] == list(hole_features.NAMES)
    assert set(document["feature"]) <= set(range(len(hole_features.NAMES)))
    assert table["features"].shape == (len(table["subject"]), len(hole_features.NAMES))


def test_each_branch_leads_to_a_leaf_within_the_depth() -> None:
    """Whoever walks `depth` steps from any root has arrived: one step more changes nothing."""
    trees = decision_trees.load_trees(holes.MODEL_FILE)
    reached = np.array(trees.roots)
    for _ in range(trees.depth):
        reached = np.unique(np.concatenate([trees.left[reached], trees.right[reached]]))
    leaves = np.flatnonzero(trees.left == np.arange(len(trees.left)))
    assert np.isin(reached, leaves).all()
    assert (trees.right[leaves] == leaves).all()


def test_its_answers_are_chances(table: dict[str, Array]) -> None:
    """Whatever row of the table it is asked about."""
    chance = chance_of(table["features"])
    assert chance.shape == table["subject"].shape
    assert ((chance >= 0) & (chance <= 1)).all()


def test_the_same_rows_get_the_same_answers(table: dict[str, Array]) -> None:
    """Neither an earlier question nor the company that a row is asked in changes its answer."""
    rows = table["features"][::50]
    together = chance_of(rows)
    decision_trees.load_trees.cache_clear()
    alone = [chance_of(row[None])[0] for row in rows]
    assert together.tolist() == chance_of(rows).tolist()
    assert alone == pytest.approx(together.tolist(), abs=1e-12)


def test_random_areas_are_judged_as_well_as_promised(table: dict[str, Array]) -> None:
    """It has seen most of them, so the cross-validated accuracy is the least to expect."""
    picked = np.random.default_rng(7).choice(len(table["subject"]), 600, replace=False)
    right = (chance_of(table["features"][picked]) >= holes.KEEP_THRESHOLD) == table["subject"][
        picked
    ]
    assert right.mean() >= CROSS_VALIDATED - MARGIN


@pytest.mark.parametrize(
    ("source", "name", "paint"),
    [
        ("noto", "four-thirty", True),  # the face of a clock
        ("noto", "memo", True),  # a sheet of paper
        ("openmoji", "megaphone", True),
        ("noto", "bicycle", False),  # between the spokes
        ("noto", "briefcase", False),  # under the handle
        ("openmoji", "locked", False),  # under the shackle
    ],
)
def test_clear_images_that_were_held_out(
    table: dict[str, Array], source: str, name: str, paint: bool
) -> None:
    """They are new to the model, and anyone can tell what they are."""
    (image,) = np.flatnonzero((table["source"] == source) & (table["name"] == name))
    assert table["held_out"][image]
    rows = table["image"] == image
    assert (table["subject"][rows] == paint).all()
    assert ((chance_of(table["features"][rows]) >= holes.KEEP_THRESHOLD) == paint).all()
