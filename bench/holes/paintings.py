"""Emblems of the offline painter, with their own alpha, and the prompts of its bench."""

import random
from collections.abc import Iterator

import numpy as np

from app import painter
from app.painter.vocabulary import INVENTED, MOTIFS
from bench.holes.table import Array

SIDE = 1024  # px
BACKGROUND = "#ffffff"
EACH = 4  # trained on for each motif
_TRAINING = (
    "{0}", "one {0} for a shop", "the {0} of a small town, flat", "simple {0}", "{0} mascot, bold",
    "smiling {0}, thick lines", "{0} in a circle", "a calm {0} at night",
)  # fmt: skip
_EVERYDAY = ("A {0} logo", "A {0} logo", "A wild {0} for a podcast")
_OTHERS = (
    "a cute {0} sticker", "minimal {0} icon", "{0} emblem for a sports team",
    "friendly {0} app icon", "vintage {0} badge", "{0} with a smile, cartoon",
)  # fmt: skip
_PEOPLE = ("bakery", "garden", "school", "band", "library", "harbor", "clinic", "studio")


def motifs() -> list[str]:
    """Return the names of all motifs that prompts name."""
    return sorted(name for name in MOTIFS if name not in INVENTED)


def training_prompts() -> Iterator[tuple[str, str]]:
    """Yield motifs and prompts to train on; none is in the bench."""
    for motif in motifs():
        rng = random.Random(motif)
        for template in rng.sample(_TRAINING, EACH):
            yield motif, template.format(motif)
    for number in range(16):
        yield "invented", f"emblem {number} of a new company"


def everyday_prompts() -> list[str]:
    """Return 99 prompts: a motif each, and some that name none."""
    chosen = [_EVERYDAY[place % 3].format(motif) for place, motif in enumerate(motifs())]
    return (chosen + [f"A logo for a {place}" for place in _PEOPLE])[:99]


def other_prompts() -> list[str]:
    """Return 300 prompts, with two motifs in some."""
    names, rng = motifs(), random.Random(14)
    prompts: list[str] = []
    while len(prompts) < 300:
        for motif in names:
            template = rng.choice(_OTHERS)
            second = f" and a {rng.choice(names)}" if rng.random() < 0.15 else ""
            prompts.append(template.format(motif) + second)
    return prompts[:300]


def paint(prompt: str, white: str = BACKGROUND) -> Array:
    """Return (SIDE, SIDE, 4) uint8 BGRA pixels.

    White parts have the background's color, as most models paint them.
    """
    image = painter.paint_transparent(prompt, width=SIDE, height=SIDE, white=white)
    return np.ascontiguousarray(np.asarray(image)[..., [2, 1, 0, 3]])


def load_paintings() -> Iterator[tuple[str, str, Array]]:
    """Yield motifs, prompts and pixels of the training."""
    for motif, prompt in training_prompts():
        yield motif, prompt, paint(prompt)
