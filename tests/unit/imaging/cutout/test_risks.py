"""How doubts become the confidence of a cutout, and its verdict."""

from dataclasses import replace

import numpy as np
import pytest

from app.imaging.cutout import confidence, holes
from app.imaging.cutout.quality_metrics import QualityMetrics

SPOTLESS = QualityMetrics(
    hole_errors=0.0, color_only=0.0, shadow_cut=0.0, shadow_kept=0.0, fragments=0.0,
    low_contrast=0.0, inlet=0.0, clipped=0.0, noise=0.0, coverage=0.4,
)  # fmt: skip


@pytest.mark.parametrize("doubt", confidence.RISKS, ids=lambda doubt: doubt.reason)
def test_complete_doubt_is_reported_and_never_good(doubt: confidence.Risk) -> None:
    """Each doubt alone, at its strongest, asks for a look and gives its own reason only."""
    sure, reasons = confidence.estimate_confidence(replace(SPOTLESS, **{doubt.metric: doubt.high}))
    assert sure < confidence.GOOD_CONFIDENCE
    assert reasons == (doubt.reason,)


@pytest.mark.parametrize("doubt", confidence.RISKS, ids=lambda doubt: doubt.reason)
def test_more_doubt_never_makes_surer(doubt: confidence.Risk) -> None:
    """Confidence falls from where doubt begins to where it is complete, and nowhere rises."""
    steps = np.linspace(doubt.low, doubt.high, 9)
    sure = [
        confidence.estimate_confidence(replace(SPOTLESS, **{doubt.metric: float(v)}))[0]
        for v in steps
    ]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > confidence.GOOD_CONFIDENCE > sure[-1]


def test_small_doubts_add_up() -> None:
    """Two doubts, neither of which is enough to ask for a look, are enough together."""
    one = confidence.estimate_confidence(replace(SPOTLESS, hole_errors=0.08))[0]
    other = confidence.estimate_confidence(replace(SPOTLESS, noise=1.7))[0]
    both = confidence.estimate_confidence(replace(SPOTLESS, hole_errors=0.08, noise=1.7))[0]
    assert min(one, other) >= confidence.GOOD_CONFIDENCE > both


def test_a_doubt_that_costs_next_to_nothing_is_not_named() -> None:
    """Reasons are for people: what hardly lowers the confidence is left out."""
    sure, reasons = confidence.estimate_confidence(replace(SPOTLESS, hole_errors=0.02))
    assert 0.95 < sure < confidence.estimate_confidence(SPOTLESS)[0]
    assert reasons == ()


def test_visibility_grows_from_what_is_hardly_seen() -> None:
    """An area that nobody would see counts nothing, one that nobody can miss counts in full."""
    shares = np.array([0.0, holes.VISIBLE_SHARE, 0.0018, holes.OBVIOUS_SHARE, 0.3])
    assert holes.visibility(shares).tolist() == pytest.approx([0, 0, 0.504, 1, 1], abs=1e-3)
