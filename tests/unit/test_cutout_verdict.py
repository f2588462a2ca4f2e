"""What the report says of clear cases: good where all is plain, and why not where it is not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from app.imaging import CutoutReport, holes, verdict
from app.imaging.evidence import Evidence
from tests.pictures import encoded

Drawing = Callable[[], Image.Image]

SUBJECT = (200, 60, 30)


def page(
    *, paper: tuple[int, int, int] = (255, 255, 255)
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty page and a pen."""
    canvas = Image.new("RGB", (512, 512), paper)
    return canvas, ImageDraw.Draw(canvas)


def report(drawn: Image.Image) -> CutoutReport:
    """Cut out and return the report."""
    return imaging.cutout(encoded(drawn)).report


def disc() -> Image.Image:
    """Draw a disc in the middle: nothing could be plainer."""
    canvas, pen = page()
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def ring(thick: int) -> Image.Image:
    """Draw a ring whose hole might as well be white paint."""
    canvas, pen = page()
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    pen.ellipse((100 + thick, 100 + thick, 411 - thick, 411 - thick), fill="white")
    return canvas


def run_off() -> Image.Image:
    """Draw a subject that covers much of the picture's border."""
    canvas, pen = page()
    pen.rectangle((0, 0, 511, 140), fill=SUBJECT)
    return canvas


def uneven() -> Image.Image:
    """Draw a disc on paper with much noise."""
    grain = np.random.default_rng(2).normal(0, 4, (512, 512, 3))
    values = np.asarray(disc()).astype(float) - 12 + grain
    return Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8))


def pale() -> Image.Image:
    """Draw a disc that is hardly darker than the paper."""
    canvas, pen = page()
    pen.ellipse((120, 120, 390, 390), fill=(238, 238, 240))
    pen.ellipse((220, 220, 290, 290), fill=SUBJECT)
    return canvas


def bottle() -> Image.Image:
    """Draw a vessel, white inside, that is open through a crack."""
    canvas, pen = page()
    pen.ellipse((100, 100, 411, 411), fill="white", outline=SUBJECT, width=30)
    pen.rectangle((254, 90, 257, 140), fill="white")
    return canvas


def shaded() -> Image.Image:
    """Draw a disc with a soft shadow beneath."""
    shade = Image.new("L", (512, 512))
    ImageDraw.Draw(shade).ellipse((130, 320, 400, 420), fill=110)
    canvas, pen = page()
    canvas.paste((0, 0, 0), mask=shade.filter(ImageFilter.GaussianBlur(20)))
    pen.ellipse((150, 100, 362, 350), fill=SUBJECT)
    return canvas


def shaded_ring() -> Image.Image:
    """Draw a ring with a soft shadow, which falls on the paper in its hole too."""
    shade = Image.new("L", (512, 512))
    ImageDraw.Draw(shade).ellipse((110, 130, 400, 430), outline=130, width=70)
    canvas, pen = page()
    canvas.paste((0, 0, 0), mask=shade.filter(ImageFilter.GaussianBlur(16)))
    pen.ellipse((110, 110, 400, 400), outline=SUBJECT, width=40)
    return canvas


def on_cream() -> Image.Image:
    """Draw a ring on paper off white, whose inside has that colour: as white paint may, too."""
    canvas, pen = page(paper=(252, 252, 252))
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    pen.ellipse((180, 180, 331, 331), fill=(252, 252, 252))
    return canvas


def crumbled() -> Image.Image:
    """Draw a disc among many tiny dots."""
    canvas = disc()
    pen = ImageDraw.Draw(canvas)
    for place in range(20, 500, 40):
        pen.ellipse((place, 40, place + 4, 44), fill=SUBJECT)
    return canvas


def nearly_full() -> Image.Image:
    """Draw a subject that leaves a thin margin of paper only."""
    canvas, pen = page()
    pen.rectangle((6, 6, 505, 505), fill=SUBJECT)
    return canvas


def tiny() -> Image.Image:
    """Draw a dot on a large page."""
    canvas, pen = page()
    pen.ellipse((240, 240, 275, 275), fill=SUBJECT)
    return canvas


def on_blue() -> Image.Image:
    """Draw a disc on one pale colour."""
    canvas, pen = page(paper=(170, 200, 240))
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def see_through() -> Image.Image:
    """Return a picture that somebody has cut out already."""
    picture = disc().convert("RGBA")
    picture.putalpha(Image.radial_gradient("L").resize((512, 512)))
    return picture


def photo() -> Image.Image:
    """Return noise from edge to edge."""
    grain = np.random.default_rng(1).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def nothing_visible() -> Image.Image:
    """Return a picture that is transparent all over."""
    return Image.new("RGBA", (512, 512), (*SUBJECT, 0))


@pytest.mark.parametrize("draw", [disc, on_blue, shaded])
def test_a_plain_subject_is_good(draw: Drawing) -> None:
    """One subject on an even background, with no doubt about any part, is called good."""
    told = report(draw())
    assert (told.verdict, told.reasons) == ("good", ())
    assert told.confidence >= 0.99


def test_a_finished_cutout_is_good() -> None:
    """Existing transparency is trusted, and the report says that nothing was cut."""
    told = report(see_through())
    assert (told.verdict, told.confidence) == ("good", 1.0)
    assert "transparent already" in told.reasons[0]


DOUBTFUL: dict[str, tuple[Drawing, str]] = {
    "thin ring": (lambda: ring(20), "enclosed areas"),
    "ring": (lambda: ring(30), "enclosed areas"),
    "runs off": (run_off, "runs off the picture"),
    "uneven": (uneven, "background is uneven"),
    "pale": (pale, "as light as the background"),
    "crack": (bottle, "narrow gap"),
    "shadow inside": (shaded_ring, "shadow"),
    "off white": (on_cream, "colour alone"),
    "crumbs": (crumbled, "crumbs"),
    "nearly full": (nearly_full, "almost nothing was cut"),
    "tiny": (tiny, "almost nothing was left"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_each_doubt_asks_for_a_look(name: str) -> None:
    """What may have gone wrong lowers the confidence below good, and is told in words."""
    draw, reason = DOUBTFUL[name]
    told = report(draw())
    assert told.verdict == "check"
    assert told.confidence < verdict.GOOD
    assert any(reason in text for text in told.reasons)


HOPELESS: dict[str, tuple[Drawing, str]] = {
    "empty page": (lambda: page()[0], "nothing but background"),
    "photo": (photo, "kept whole"),
    "nothing visible": (nothing_visible, "empty"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_what_is_no_cutout_is_bad(name: str) -> None:
    """A result that nobody can use is called bad, with no confidence and the reason."""
    draw, reason = HOPELESS[name]
    told = report(draw())
    assert (told.verdict, told.confidence) == ("bad", 0.0)
    assert reason in told.reasons[0]


def test_the_doubt_about_a_hole_is_gone_when_the_caller_decides() -> None:
    """With holes=keep nothing is guessed, so that nothing is in doubt."""
    told = imaging.cutout(encoded(ring(20)), holes="keep").report
    assert told.verdict == "good"


def test_softness_tells_blurred_edges_from_sharp_ones() -> None:
    """The width of the edge that the report tells grows with the blur."""
    widths = [report(disc().filter(ImageFilter.GaussianBlur(b))).softness for b in (0, 1, 2)]
    assert widths == sorted(widths)
    assert widths[2] > widths[0] + 0.5


SPOTLESS = Evidence(
    misjudged=0.0, same_colour=0.0, shade_cut=0.0, shade_kept=0.0, crumbs=0.0,
    faint=0.0, pocket=0.0, hidden=0.0, noise=0.0, coverage=0.4,
)  # fmt: skip


@pytest.mark.parametrize("doubt", verdict.DOUBTS, ids=lambda doubt: doubt.text)
def test_complete_doubt_is_told_and_never_good(doubt: verdict.Doubt) -> None:
    """Each doubt alone, at its strongest, asks for a look and gives its own reason only."""
    sure, reasons = verdict.confidence(replace(SPOTLESS, **{doubt.of: doubt.high}))
    assert sure < verdict.GOOD
    assert reasons == (doubt.text,)


@pytest.mark.parametrize("doubt", verdict.DOUBTS, ids=lambda doubt: doubt.text)
def test_more_doubt_never_makes_surer(doubt: verdict.Doubt) -> None:
    """Confidence falls from where doubt begins to where it is complete, and nowhere rises."""
    steps = np.linspace(doubt.low, doubt.high, 9)
    sure = [verdict.confidence(replace(SPOTLESS, **{doubt.of: float(v)}))[0] for v in steps]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > verdict.GOOD > sure[-1]


def test_small_doubts_add_up() -> None:
    """Two doubts, neither of which is enough to ask for a look, are enough together."""
    one = verdict.confidence(replace(SPOTLESS, misjudged=0.08))[0]
    other = verdict.confidence(replace(SPOTLESS, noise=1.7))[0]
    both = verdict.confidence(replace(SPOTLESS, misjudged=0.08, noise=1.7))[0]
    assert min(one, other) >= verdict.GOOD > both


def test_a_doubt_that_costs_next_to_nothing_is_not_named() -> None:
    """Reasons are for people: what hardly lowers the confidence is left out."""
    sure, reasons = verdict.confidence(replace(SPOTLESS, misjudged=0.02))
    assert 0.95 < sure < verdict.confidence(SPOTLESS)[0]
    assert reasons == ()


def test_visibility_grows_from_what_is_hardly_seen() -> None:
    """An area that nobody would see counts nothing, one that nobody can miss counts in full."""
    shares = np.array([0.0, holes.SEEN, 0.0018, holes.GLARING, 0.3])
    assert holes.visible(shares).tolist() == pytest.approx([0, 0, 0.504, 1, 1], abs=1e-3)
