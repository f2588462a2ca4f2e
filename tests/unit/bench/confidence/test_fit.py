"""The shipped hazards of the confidence, compared with the table that they were fitted to."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout import confidence
from bench.confidence import fit, table
from bench.confidence.table import ConfidenceTable

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def data() -> ConfidenceTable:
    """Return the measurements of the images."""
    return table.load()


@pytest.fixture(scope="module")
def out_of_sample(data: ConfidenceTable) -> Array:
    """Return each image's confidence by hazards fitted without artwork of its name."""
    return fit.out_of_sample(data, fit.folds(data))


def test_the_table_has_the_metrics_of_the_cutout(data: ConfidenceTable) -> None:
    """The table, the risks and the metrics have the same fields in the same order."""
    assert data.metrics.shape == (len(data.psnr), len(table.NAMES))
    assert {risk.metric for risk in confidence.RISKS} == set(table.NAMES)


def test_no_image_is_in_the_table_twice(data: ConfidenceTable) -> None:
    """A duplicate would be in the training and the test set of the cross-validation."""
    rows = list(zip(data.source, data.name, data.kind, strict=True))
    assert len(set(rows)) == len(rows)


def test_the_shipped_hazards_follow_from_the_table(data: ConfidenceTable) -> None:
    """A change of the table, the risks or the fit requires new hazards."""
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    assert fit.fit_all(data) == pytest.approx(shipped, abs=fit.TOLERANCE)


def test_each_fitted_risk_matters() -> None:
    """A risk to which the fit gives no weight is removed."""
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    assert all(shipped[risk.metric] > 0.1 for risk in confidence.FITTED_RISKS)


def test_unseen_images_are_separated_as_stated(data: ConfidenceTable, out_of_sample: Array) -> None:
    """The figures of bench/confidence/README.md hold: few of the worst images are called good."""
    worst, wrong = data.psnr <= np.quantile(data.psnr, 0.1), data.psnr < fit.WRONG
    good = out_of_sample >= confidence.GOOD_CONFIDENCE
    assert fit.auc(worst, out_of_sample) >= 0.86
    assert fit.auc(wrong, out_of_sample) >= 0.85
    assert good[worst].mean() <= 0.09
    assert wrong[good].mean() <= 0.032
    assert good.mean() >= 0.63


def test_confidence_is_a_probability(data: ConfidenceTable, out_of_sample: Array) -> None:
    """Of the images with a similar confidence, about that share is right."""
    right = data.psnr >= fit.WRONG
    for low, high in ((0.3, 0.7), (0.7, 0.9), (0.9, 1.01)):
        chosen = (out_of_sample >= low) & (out_of_sample < high)
        assert chosen.sum() > 100
        assert right[chosen].mean() == pytest.approx(out_of_sample[chosen].mean(), abs=0.12)


def test_the_fit_recovers_known_hazards() -> None:
    """On synthetic images the fit comes close to the true hazards, one of which is zero."""
    rng = np.random.default_rng(5)
    strength = np.column_stack([rng.random((20000, 3)), np.ones(20000)])
    true = np.array([1.2, 0.0, 0.4, 0.05])
    known = 0.3 * rng.random(20000)
    wrong = rng.random(20000) > np.exp(-(strength @ true + known))
    found = fit.fit(strength, known, wrong)
    assert found == pytest.approx(true, abs=0.05)
    assert (found >= 0).all()


def test_the_area_under_the_curve_counts_pairs() -> None:
    """It is the share of pairs in the right order, plus half of the equal ones."""
    wrong = np.array([True, True, False, False, False])
    confidences = np.array([0.2, 0.6, 0.6, 0.9, 0.1])
    assert fit.auc(wrong, confidences) == pytest.approx((2 + 1.5) / 6)
