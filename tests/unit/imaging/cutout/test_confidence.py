"""How metrics become a confidence, and which images are called good, doubtful or bad."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from app import imaging
from app.imaging import CutoutReport
from app.imaging.cutout.confidence import (
    GOOD_CONFIDENCE,
    RISKS,
    Risk,
    estimate_confidence,
)
from app.imaging.cutout.quality_metrics import QualityMetrics
from tests.support.images import doubtful_cutouts as images
from tests.support.images.doubtful_cutouts import ImageFactory
from tests.support.images.sample_images import choose, encoded
from tests.support.tables import each_row

PERFECT = QualityMetrics(
    hole_errors=0.0, shadow_cut=0.0, shadow_kept=0.0, fragments=0.0,
    low_contrast=0.0, inlet=0.0, clipped=0.0, noise=0.0, coverage=0.4, softness=1.0,
)  # fmt: skip


def confidence_with(**metrics: float) -> float:
    """Return the confidence of a perfect cutout but for these metrics."""
    return estimate_confidence(replace(PERFECT, **metrics))[0]


@each_row("risk", RISKS)
def test_a_complete_risk_is_reported_and_never_good(risk: Risk) -> None:
    """Each risk alone, at its strongest, gives its own reason only and requires a check."""
    confidence, reasons = estimate_confidence(replace(PERFECT, **{risk.metric: risk.high}))
    assert confidence < GOOD_CONFIDENCE
    assert reasons == (risk.reason,)


@each_row("risk", RISKS)
def test_a_stronger_risk_never_raises_the_confidence(risk: Risk) -> None:
    """Confidence decreases monotonically from where a risk begins to where it is complete."""
    steps = np.linspace(risk.low, risk.high, 9)
    found = [confidence_with(**{risk.metric: float(value)}) for value in steps]
    assert found == sorted(found, reverse=True)
    assert found[0] > GOOD_CONFIDENCE > found[-1]


def test_small_risks_add_up() -> None:
    """Two risks that are each too small for a check require one together."""
    one, other = confidence_with(hole_errors=0.08), confidence_with(noise=1.7)
    both = confidence_with(hole_errors=0.08, noise=1.7)
    assert min(one, other) >= GOOD_CONFIDENCE > both


def test_a_negligible_risk_gives_no_reason() -> None:
    """A risk that costs less than 5 % of the confidence is not reported."""
    confidence, reasons = estimate_confidence(replace(PERFECT, hole_errors=0.02))
    assert 0.95 < confidence < confidence_with()
    assert reasons == ()


def report_of(image: Image.Image) -> CutoutReport:
    """Return the report of the cutout."""
    return imaging.cutout(encoded(image)).report


@pytest.mark.parametrize("make", [images.disc, images.on_blue, images.shadowed])
def test_a_plain_subject_is_good(make: ImageFactory) -> None:
    """A subject on an even background, without any risk, gets the verdict good."""
    report = report_of(make())
    assert (report.verdict, report.reasons) == ("good", ())
    assert report.confidence >= 0.96


def test_existing_transparency_is_good() -> None:
    """Existing transparency is trusted, and the report says that nothing was cut."""
    report = report_of(images.transparent())
    assert (report.verdict, report.confidence) == ("good", 1.0)
    assert "already transparent" in report.reasons[0]


DOUBTFUL: dict[str, tuple[ImageFactory, str]] = {
    "thin ring": (lambda: images.ring(20), "enclosed areas"),
    "ring": (lambda: images.ring(30), "enclosed areas"),
    "clipped": (images.clipped, "beyond the image"),
    "noisy": (images.noisy, "background is uneven"),
    "pale": (images.pale, "as light as the background"),
    "cracked": (images.cracked, "narrow gap"),
    "shadow inside": (images.shadowed_ring, "shadow"),
    "fragments": (images.fragmented, "fragments"),
    "nearly full": (images.nearly_full, "almost nothing was cut"),
    "tiny": (images.tiny, "almost nothing was left"),
}


@each_row("name", DOUBTFUL)
def test_a_doubtful_cutout_requires_a_check(name: str) -> None:
    """A possible flaw lowers the confidence below good, and the report names it."""
    make, reason = DOUBTFUL[name]
    report = report_of(make())
    assert report.verdict == "check"
    assert report.confidence < GOOD_CONFIDENCE
    assert any(reason in text for text in report.reasons)


HOPELESS: dict[str, tuple[ImageFactory, str]] = {
    "blank": (lambda: images.blank()[0], "nothing but background"),
    "photo": (images.photo, "kept whole"),
    "invisible": (images.invisible, "empty"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_an_unusable_cutout_is_bad(name: str) -> None:
    """An unusable result gets the verdict bad, no confidence, and the reason."""
    make, reason = HOPELESS[name]
    report = report_of(make())
    assert (report.verdict, report.confidence) == ("bad", 0.0)
    assert reason in report.reasons[0]


def test_a_decision_by_the_caller_leaves_no_doubt_about_holes() -> None:
    """With holes=keep no region is classified, so none may be misclassified."""
    report = imaging.cutout(encoded(images.ring(20)), options=choose("keep")).report
    assert report.verdict == "good"


def test_softness_grows_with_blur() -> None:
    """The reported width of the edge is larger for a blurred image than for a sharp one."""
    blurred = (images.disc().filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2))
    widths = [report_of(image).softness for image in blurred]
    assert widths == sorted(widths)
    assert widths[2] > widths[0] + 0.5
