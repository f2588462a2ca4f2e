"""How doubts become the confidence of a cutout, and its verdict."""

from dataclasses import replace

import numpy as np
import pytest

from app.imaging.cutout import confidence, holes
from app.imaging.cutout.quality_metrics import QualityMetrics

SPOTLESS = QualityMetrics(
    misjudged=0.0, same_color=0.0, shade_cut=0.0, shade_kept=0.0, crumbs=0.0,
    faint=0.0, pocket=0.0, hidden=0.0, noise=0.0, coverage=0.4,
)  # fmt: skip


@pytest.mark.parametrize("doubt", confidence.DOUBTS, ids=lambda doubt: doubt.text)
def test_complete_doubt_is_reported_and_never_good(doubt: confidence.Doubt) -> None:
    """Each doubt alone, at its strongest, asks for a look and gives its own reason only."""
    sure, reasons = confidence.confidence(replace(SPOTLESS, **{doubt.of: doubt.high}))
    assert sure < confidence.GOOD
    assert reasons == (doubt.text,)


@pytest.mark.parametrize("doubt", confidence.DOUBTS, ids=lambda doubt: doubt.text)
def test_more_doubt_never_makes_surer(doubt: confidence.Doubt) -> None:
    """Confidence falls from where doubt begins to where it is complete, and nowhere rises."""
    steps = np.linspace(doubt.low, doubt.high, 9)
    sure = [confidence.confidence(replace(SPOTLESS, **{doubt.of: float(v)}))[0] for v in steps]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > confidence.GOOD > sure[-1]


def test_small_doubts_add_up() -> None:
    """Two doubts, neither of which is enough to ask for a look, are enough together."""
    one = confidence.confidence(replace(SPOTLESS, misjudged=0.08))[0]
    other = confidence.confidence(replace(SPOTLESS, noise=1.7))[0]
    both = confidence.confidence(replace(SPOTLESS, misjudged=0.08, noise=1.7))[0]
    assert min(one, other) >= confidence.GOOD > both


def test_a_doubt_that_costs_next_to_nothing_is_not_named() -> None:
    """Reasons are for people: what hardly lowers the confidence is left out."""
    sure, reasons = confidence.confidence(replace(SPOTLESS, misjudged=0.02))
    assert 0.95 < sure < confidence.confidence(SPOTLESS)[0]
    assert reasons == ()


def test_visibility_grows_from_what_is_hardly_seen() -> None:
    """An area that nobody would see counts nothing, one that nobody can miss counts in full."""
    shares = np.array([0.0, holes.SEEN, 0.0018, holes.GLARING, 0.3])
    assert holes.visible(shares).tolist() == pytest.approx([0, 0, 0.504, 1, 1], abs=1e-3)
