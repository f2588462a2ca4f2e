"""Animals that sit and look at you: one build, told apart by ears, tail, muzzle and markings."""

from dataclasses import dataclass
from functools import partial

from ..dice import Dice
from ..face import eyes, mouth, whiskers
from ..geometry import ellipse, mirrored, smooth
from ..palette import BLUSH, GLOW, INK, MAIN, PALE, SECOND, WHITE, WOOD, Wish
from ..sketch import Sketch
from .base import Motif
from .critter_parts import crest, ears, markings, muzzle, tail


@dataclass(frozen=True)
class Build:
    """What tells one animal from another; see critter_parts for the names."""

    ears: str
    tail: str = ""
    muzzle: str = "nose"
    marks: str = ""
    crest: str = ""
    whiskers: bool = False
    coat: int = MAIN
    limbs: int = 0
    belly: int = PALE


def critter(build: Build, s: Sketch, dice: Dice) -> None:
    """Draw the animal from the back to the front."""
    limbs = build.limbs or build.coat
    tail(s, build.tail, build.coat)
    _body(s, build, limbs, dice)
    if build.crest == "mane":
        crest(s, "mane")
    if build.ears != "floppy":
        ears(s, build.ears, limbs if build.limbs else build.coat)
    head = ellipse(0, -0.27, 0.66, 0.52)
    with s.body(head, build.coat, lean=(-0.06, -0.07)):
        markings(s, build.marks)
    if build.crest not in {"", "mane"}:
        crest(s, build.crest)
    if build.ears == "floppy":
        ears(s, "floppy", WOOD if dice.chance(0.6) else limbs)
    _expression(s, build, dice)


def _body(s: Sketch, build: Build, limbs: int, dice: Dice) -> None:
    torso = smooth(
        mirrored([(0, 0.0), (0.3, 0.08), (0.46, 0.5), (0.44, 0.86), (0.2, 0.95), (0, 0.95)])
    )
    with s.body(torso, build.coat):
        s.fill(ellipse(0, 0.66, 0.27, 0.36), build.belly)
    for side in (-1, 1):
        s.solid(ellipse(side * 0.25, 0.91, 0.19, 0.11), limbs, lean=(-0.03, -0.04))
        s.solid(ellipse(side * 0.36, 0.5, 0.12, 0.2, side * 14), limbs, lean=(-0.03, -0.04))
    if dice.chance(0.45):
        collar = smooth(
            [(-0.4, 0.13), (0, 0.26), (0.4, 0.13), (0.42, 0.25), (0, 0.4), (-0.42, 0.25)]
        )
        s.solid(collar, SECOND, lean=(-0.02, -0.03))
        s.solid(ellipse(0, 0.38, 0.095, 0.095), GLOW, lean=(-0.02, -0.02))


def _expression(s: Sketch, build: Build, dice: Dice) -> None:
    style = dice.pick(("wide", "wide", "tall", "beads", "joy", "wink"))
    if build.marks in {"patches", "bandit", "spots"}:
        style = "wide"
    eyes(s, style, 0.27, -0.26)
    for side in (-1, 1):
        s.fill(ellipse(side * 0.45, -0.07, 0.085, 0.055), BLUSH)
    nose = Sketch()
    muzzle(nose, build.muzzle)
    if build.muzzle not in {"snout", "trunk"}:
        mouth(nose, "open" if dice.chance(0.3) and build.muzzle == "wide" else "cat", 0.07)
    s.place(nose, 0, -0.09)
    if build.whiskers:
        whiskers(s, 0.52, -0.08, 0.3)


def _motif(build: Build, *colors: Wish | None) -> Motif:
    return Motif(partial(critter, build), colors)


# Ginger, sand, brown, grey.
_FURS = (Wish(58, 0.95, 1.02), Wish(74, 0.6, 1.08), Wish(56, 0.55, 0.85), Wish(255, 0.12, 1.1))
MOTIFS = {
    "cat": _motif(Build("pointy", "curl", marks="stripes", whiskers=True), *_FURS, None),
    "dog": _motif(Build("floppy", "wag", "wide", "patch"), *_FURS[:3]),
    "fox": _motif(Build("fox", "bushy", marks="mask", belly=WHITE), Wish(50, 1.05)),
    "bear": _motif(Build("round", "", "wide"), Wish(58, 0.65, 0.85)),
    "panda": _motif(
        Build("round", "", "nose", "patches", coat=WHITE, limbs=INK, belly=WHITE), Wish(150)
    ),
    "rabbit": _motif(Build("long", "puff", belly=WHITE), Wish(10, 0.3, 1.2), *_FURS[1:]),
    "mouse": _motif(Build("big", "tuft", whiskers=True), Wish(260, 0.18, 1.15)),
    "pig": _motif(Build("small", "spring", "snout"), Wish(8, 0.65, 1.15)),
    "lion": _motif(Build("round", "tuft", "wide", crest="mane"), Wish(78, 0.9, 1.02)),
    "tiger": _motif(Build("round", "curl", "wide", "stripes", whiskers=True), Wish(58, 1.05)),
    "koala": _motif(Build("big", "", "koala", belly=WHITE), Wish(255, 0.2, 1.08)),
    "raccoon": _motif(Build("pointy", "bushy", marks="bandit"), Wish(255, 0.15, 1.0)),
    "cow": _motif(Build("side", "tuft", "snout", "spots", coat=WHITE)),
    "sheep": _motif(Build("side", "puff", crest="wool", belly=WHITE), Wish(60, 0.25, 1.16)),
    "deer": _motif(Build("side", "puff", "wide", crest="antlers"), Wish(58, 0.7, 0.95)),
    "unicorn": _motif(Build("pointy", "bushy", marks="blaze", crest="horn"), Wish(310, 0.6, 1.2)),
    "elephant": _motif(Build("big", "tuft", "trunk"), Wish(245, 0.35, 1.05)),
}
