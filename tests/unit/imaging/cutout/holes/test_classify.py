"""The classifier of holes, compared with the table that it was trained on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout.holes import classify, decision_trees
from app.imaging.cutout.holes.pooling import FEATURES

Array = NDArray[Any]

TABLE = Path(__file__).parents[5] / "bench" / "holes" / "features.npz"
CROSS_VALIDATED = 0.89  # see bench/holes/README.md
MARGIN = 0.04  # three standard errors of the accuracy on 600 regions


@pytest.fixture(scope="module")
def table() -> dict[str, Array]:
    """Return the features of the training set."""
    with np.load(TABLE, allow_pickle=False) as file:
        return dict(file)


def predict(features: Array) -> Array:
    """Return the shipped model's probability of being subject."""
    odds = decision_trees.load_trees(classify.MODEL_FILE).log_odds(features.astype(np.float32))
    return np.asarray(1 / (1 + np.exp(-odds)))


def test_the_model_uses_the_measured_features(table: dict[str, Array]) -> None:
    """The model, the table and the code have the same features in the same order."""
    document = json.loads(classify.MODEL_FILE.read_text("utf-8"))
    assert document["columns"] == list(FEATURES)
    assert set(document["feature"]) <= set(range(len(FEATURES)))
    assert table["features"].shape == (len(table["subject"]), len(FEATURES))


def test_each_branch_ends_in_a_leaf_within_the_depth() -> None:
    """After `depth` steps from any root, another step changes nothing."""
    trees = decision_trees.load_trees(classify.MODEL_FILE)
    children = trees.children.reshape(-1, 2)
    reached = np.array(trees.roots)
    for _ in range(trees.depth):
        reached = np.unique(children[reached])
    leaves = np.flatnonzero(children[:, 0] == np.arange(len(children)))
    assert np.isin(reached, leaves).all()
    assert (children[leaves, 1] == leaves).all()


def test_predictions_are_probabilities(table: dict[str, Array]) -> None:
    """A region of any features gets a probability from 0 to 1, as the leaves' odds are finite."""
    features = table["features"]
    extremes = np.unique([features.argmin(axis=0), features.argmax(axis=0)])
    beyond = np.outer([-1e30, -1, 0, 1, 1e30], np.ones(features.shape[1]))
    chosen = np.concatenate([features[extremes], features[::40], beyond])
    chance = predict(chosen)
    assert chance.shape == (len(chosen),)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert np.isfinite(decision_trees.load_trees(classify.MODEL_FILE).value).all()


def test_predictions_are_independent(table: dict[str, Array]) -> None:
    """A region's probability depends neither on earlier calls nor on other regions."""
    features = table["features"][::50]
    together = predict(features)
    decision_trees.load_trees.cache_clear()
    alone = [predict(each[None])[0] for each in features]
    assert together.tolist() == predict(features).tolist()
    assert alone == pytest.approx(together.tolist(), abs=1e-12)


def test_random_regions_are_classified_as_accurately_as_stated(table: dict[str, Array]) -> None:
    """The model was trained on most of them, so it reaches the cross-validated accuracy."""
    chosen = np.random.default_rng(7).choice(len(table["subject"]), 600, replace=False)
    kept = predict(table["features"][chosen]) >= classify.KEEP_THRESHOLD
    assert (kept == table["subject"][chosen]).mean() >= CROSS_VALIDATED - MARGIN


@pytest.mark.parametrize(
    ("source", "name", "subject"),
    [
        ("noto", "four-thirty", True),  # the face of a clock
        ("noto", "memo", True),  # a sheet of paper
        ("openmoji", "megaphone", True),
        ("noto", "bicycle", False),  # between the spokes
        ("noto", "briefcase", False),  # under the handle
    ],
)
def test_clear_images_that_were_held_out(
    table: dict[str, Array], source: str, name: str, subject: bool
) -> None:
    """Unambiguous images outside the training set are classified correctly."""
    images = np.flatnonzero((table["source"] == source) & (table["name"] == name))
    assert len(images)
    assert table["held_out"][images].all()
    rows = np.isin(table["image"], images) & (table["area"] > 2000)
    assert (table["subject"][rows] == subject).all()
    assert ((predict(table["features"][rows]) >= classify.KEEP_THRESHOLD) == subject).all()


def test_visibility_grows_with_the_area() -> None:
    """An invisible region counts nothing, and an obvious one counts in full."""
    shares = np.array([0.0, classify.VISIBLE_SHARE, 0.0018, classify.OBVIOUS_SHARE, 0.3])
    assert classify.visibility(shares).tolist() == pytest.approx([0, 0, 0.504, 1, 1], abs=1e-3)
