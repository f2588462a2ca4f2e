"""The shipped rates of confidence, held against the table that they were fitted to."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout import confidence
from bench.confidence import fit, table
from bench.confidence.table import Table

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def data() -> Table:
    """Return what was measured of the images."""
    return table.load()


@pytest.fixture(scope="module")
def sure(data: Table) -> Array:
    """Return the confidence in each image by rates fitted without drawings of its name."""
    return fit.out_of_sample(data, fit.folds(data))


def test_the_table_has_the_evidence_that_the_cutout_gathers(data: Table) -> None:
    """A field more, or in another place, would make the rates nonsense."""
    assert data.metrics.shape == (len(data.psnr), len(table.NAMES))
    assert {doubt.metric for doubt in confidence.RISKS} == set(table.NAMES)


def test_no_image_is_in_the_table_twice(data: Table) -> None:
    """A row that is there twice would be in two minds when it is held out."""
    rows = list(zip(data.source, data.name, data.kind, strict=True))
    assert len(set(rows)) == len(rows)


def test_the_shipped_rates_are_those_that_the_table_gives(data: Table) -> None:
    """Whoever changes the table, the doubts or the fit has to ship what follows from it."""
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    assert fit.fitted(data) == pytest.approx(shipped, abs=fit.LIMIT)


def test_each_fitted_doubt_has_earned_its_place() -> None:
    """A doubt that the images give no weight to does not belong on the list."""
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    assert all(shipped[doubt.metric] > 0.1 for doubt in confidence.FITTED_RISKS)


def test_unseen_images_are_reported_apart_as_promised(data: Table, sure: Array) -> None:
    """See bench/confidence/README.md: by rank, and of the worst hardly any is called good."""
    worst, wrong = data.psnr <= np.quantile(data.psnr, 0.1), data.psnr < fit.WRONG
    good = sure >= confidence.GOOD_CONFIDENCE
    assert fit.auc(worst, sure) >= 0.90
    assert good[worst].mean() <= 0.02
    assert good[wrong].mean() <= 0.04
    assert good.mean() >= 0.6


def test_confidence_is_a_chance(data: Table, sure: Array) -> None:
    """Of the images with about the same confidence, about that part is right."""
    right = data.psnr >= fit.WRONG
    for low, high in ((0.3, 0.7), (0.7, 0.9), (0.9, 1.01)):
        chosen = (sure >= low) & (sure < high)
        assert chosen.sum() > 100
        assert right[chosen].mean() == pytest.approx(sure[chosen].mean(), abs=0.08)


def test_the_fit_finds_the_rates_that_made_the_data() -> None:
    """On invented images whose rates are known, one of them zero, it comes close to them."""
    dice = np.random.default_rng(5)
    strong = np.column_stack([dice.random((20000, 3)), np.ones(20000)])
    true = np.array([1.2, 0.0, 0.4, 0.05])
    given = 0.3 * dice.random(20000)
    wrong = dice.random(20000) > np.exp(-(strong @ true + given))
    found = fit.fit(strong, given, wrong)
    assert found == pytest.approx(true, abs=0.05)
    assert (found >= 0).all()


def test_the_area_under_the_curve_counts_pairs() -> None:
    """It is the share of pairs in the right order, and half of those that are equal."""
    wrong = np.array([True, True, False, False, False])
    sure = np.array([0.2, 0.6, 0.6, 0.9, 0.1])
    assert fit.auc(wrong, sure) == pytest.approx((2 + 1.5) / 6)
