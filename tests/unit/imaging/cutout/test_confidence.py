"""What the report says of clear cases: good where all is plain, and why not where it is not."""

import pytest
from PIL import Image, ImageFilter

from app import imaging
from app.imaging import CutoutReport
from app.imaging.cutout import confidence
from tests.support.images.doubtful_cutouts import (
    GeneratedImage,
    bottle,
    crumbled,
    disc,
    nearly_full,
    nothing_visible,
    on_blue,
    on_cream,
    page,
    pale,
    photo,
    ring,
    run_off,
    see_through,
    shaded,
    shaded_ring,
    tiny,
    uneven,
)
from tests.support.images.sample_images import encoded


def report(drawn: Image.Image) -> CutoutReport:
    """Cut out and return the report."""
    return imaging.cutout(encoded(drawn)).report


@pytest.mark.parametrize("draw", [disc, on_blue, shaded])
def test_a_plain_subject_is_good(draw: GeneratedImage) -> None:
    """One subject on an even background, with no doubt about any part, is called good."""
    reported = report(draw())
    assert (reported.verdict, reported.reasons) == ("good", ())
    assert reported.confidence >= 0.99


def test_a_finished_cutout_is_good() -> None:
    """Existing transparency is trusted, and the report says that nothing was cut."""
    reported = report(see_through())
    assert (reported.verdict, reported.confidence) == ("good", 1.0)
    assert "already transparent" in reported.reasons[0]


DOUBTFUL: dict[str, tuple[GeneratedImage, str]] = {
    "thin ring": (lambda: ring(20), "enclosed areas"),
    "ring": (lambda: ring(30), "enclosed areas"),
    "runs off": (run_off, "beyond the image"),
    "uneven": (uneven, "background is uneven"),
    "pale": (pale, "as light as the background"),
    "crack": (bottle, "narrow gap"),
    "shadow inside": (shaded_ring, "shadow"),
    "off white": (on_cream, "color alone"),
    "crumbs": (crumbled, "fragments"),
    "nearly full": (nearly_full, "almost nothing was cut"),
    "tiny": (tiny, "almost nothing was left"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_each_doubt_asks_for_a_look(name: str) -> None:
    """What may have gone wrong lowers the confidence below good, and is told in words."""
    draw, reason = DOUBTFUL[name]
    reported = report(draw())
    assert reported.verdict == "check"
    assert reported.confidence < confidence.GOOD_CONFIDENCE
    assert any(reason in text for text in reported.reasons)


HOPELESS: dict[str, tuple[GeneratedImage, str]] = {
    "empty page": (lambda: page()[0], "nothing but background"),
    "photo": (photo, "kept whole"),
    "nothing visible": (nothing_visible, "empty"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_what_is_no_cutout_is_bad(name: str) -> None:
    """A result that nobody can use is called bad, with no confidence and the reason."""
    draw, reason = HOPELESS[name]
    reported = report(draw())
    assert (reported.verdict, reported.confidence) == ("bad", 0.0)
    assert reason in reported.reasons[0]


def test_the_doubt_about_a_hole_is_gone_when_the_caller_decides() -> None:
    """With holes=keep nothing is guessed, so that nothing is in doubt."""
    reported = imaging.cutout(encoded(ring(20)), holes="keep").report
    assert reported.verdict == "good"


def test_softness_reports_blurred_edges_from_sharp_ones() -> None:
    """The width of the edge that the report tells grows with the blur."""
    widths = [report(disc().filter(ImageFilter.GaussianBlur(b))).softness for b in (0, 1, 2)]
    assert widths == sorted(widths)
    assert widths[2] > widths[0] + 0.5
