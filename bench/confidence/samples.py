"""The images that the confidence is fitted to: random artwork, in eight kinds each."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.confidence import blobs
from bench.confidence.table import TONED
from bench.cutout import artwork, degrade
from bench.cutout.artwork import Artwork, IconSet, seed
from bench.cutout.degrade import KINDS, Sample
from bench.cutout.truth import truth_of
from bench.holes import features
from bench.holes import table as hole_table

EACH = 36  # icons of a set: half at random, half of those known to enclose white areas
SETS = tuple(
    icons
    for icons in features.SETS
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


def make_samples(chosen: Artwork) -> Iterator[Sample]:
    """Yield the seven kinds of `bench.cutout`, and the toned one."""
    yield from degrade.make_samples(chosen, KINDS)
    full = degrade.place(chosen, "square")
    tone = 250 + seed("tone", chosen.source, chosen.name) % 5
    full[..., :3] *= np.float32(tone / 255)
    noise = np.random.default_rng(seed("grain", chosen.source, chosen.name))
    grain = degrade.grain(full, float(noise.choice([0.0, 0.5, 1.0])), noise)
    data = degrade.encode(degrade.on_background(full, tone) + grain, compress_level=1)
    yield Sample(chosen.source, chosen.name, TONED, data, truth_of(full))
