"""The images that the confidence is fitted to: random artwork, in fourteen kinds each."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.confidence import blobs, natural
from bench.confidence.table import TONED
from bench.cutout import artwork, degrade
from bench.cutout.artwork import Artwork, IconSet, seed
from bench.cutout.degrade import KINDS, Sample
from bench.cutout.truth import Truth, truth_of
from bench.holes import icons as hole_icons
from bench.holes import table as hole_table

EACH = 12  # icons of a set: half at random, half of those known to enclose white areas
SETS = tuple(
    icons
    for icons in hole_icons.SETS
    if icons.name
    in {
        "twemoji", "fxemoji", "emojione", "fluent-emoji", "fluent-emoji-flat",
        "flat-color-icons", "streamline-ultimate-color", "emojione-v1",
    }
)  # fmt: skip
_VARIANTS = re.compile(r"skin-tone|-(light|medium|dark)|flag")


def load_artworks(source: str) -> Iterator[Artwork]:
    """Yield what is chosen of an icon set, or all blobs."""
    if source == blobs.SOURCE:
        yield from blobs.render_artworks()
        return
    icons = next(each for each in SETS if each.name == source)
    document = artwork.read_icons(icons)
    names = sorted(document["icons"], key=lambda name: (seed("verdict", source, name), name))
    names = [name for name in names if not _VARIANTS.search(name)]
    known = hole_table.load()
    with_regions = set(known.name[known.source == source])
    chosen: set[str] = set()
    for selection in ([name for name in names if name in with_regions], names):
        for each in _choose(icons, document, selection, chosen):
            chosen.add(each.name)
            yield each


def _choose(
    icons: IconSet, document: dict[str, Any], names: list[str], excluded: set[str]
) -> Iterator[Artwork]:
    """Yield the first usable icons that are not excluded."""
    found = 0
    for name in names:
        pixels = artwork.render_icon(icons, document, name) if name not in excluded else None
        if pixels is not None and artwork.is_usable(pixels):
            found += 1
            yield Artwork(icons.name, name, pixels)
        if found == EACH // 2:
            break


def make_samples(chosen: Artwork) -> Iterator[tuple[Sample, Truth]]:
    """Yield the kinds of `bench.cutout`, the toned one and the natural ones.

    Each has a second truth, which is as good: without its glow, if it has one.
    """
    for sample in (*degrade.make_samples(chosen, KINDS), _toned(chosen)):
        yield sample, sample.truth
    yield from natural.make_samples(chosen)


def _toned(chosen: Artwork) -> Sample:
    full = degrade.place(chosen, "square")
    tone = 250 + seed("tone", chosen.source, chosen.name) % 5
    full[..., :3] *= np.float32(tone / 255)
    noise = np.random.default_rng(seed("grain", chosen.source, chosen.name))
    grain = degrade.grain(full, float(noise.choice([0.0, 0.5, 1.0])), noise)
    data = degrade.encode(degrade.on_background(full, tone) + grain, compress_level=1)
    return Sample(chosen.source, chosen.name, TONED, data, truth_of(full))
