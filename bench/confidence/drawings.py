"""The images that the confidence is fitted to: drawings by lot, in eight kinds each."""

import re
from collections.abc import Iterator

import numpy as np

from bench.confidence import blobs
from bench.confidence.table import TONED
from bench.cutout import artwork, degrade
from bench.cutout.artwork import Artwork, seed
from bench.cutout.degrade import KINDS, Image
from bench.cutout.truth import truth_of
from bench.holes import features
from bench.holes import table as areas

EACH = 36  # drawings of one set: half by lot, half of those known to enclose white areas
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


def artworks(source: str) -> Iterator[Artwork]:
    """Draw what is chosen of one set, or all blobs."""
    if source == blobs.SOURCE:
        yield from blobs.artworks()
        return
    icons = next(each for each in SETS if each.name == source)
    document = artwork._document(icons)
    lot = sorted(document["icons"], key=lambda name: (seed("verdict", source, name), name))
    lot = [name for name in lot if not _VARIANTS.search(name)]
    known = areas.load()
    holed = set(known.name[known.source == source])
    chosen: dict[str, None] = {}
    for names in ([name for name in lot if name in holed], lot):
        found = 0
        for name in names:
            pixels = artwork._rendered(icons, document, name) if name not in chosen else None
            if pixels is not None and artwork.is_usable(pixels):
                chosen[name] = None
                found += 1
                yield Artwork(source, name, pixels)
            if found == EACH // 2:
                break


def images(drawing: Artwork) -> Iterator[Image]:
    """Make the seven kinds of `bench.cutout`, and the toned one."""
    yield from degrade.images(drawing, KINDS)
    full = degrade._shaped(drawing, "square")
    tone = 250 + seed("tone", drawing.source, drawing.name) % 5
    full[..., :3] *= np.float32(tone / 255)
    noise = np.random.default_rng(seed("grain", drawing.source, drawing.name))
    grain = degrade._grain(full, float(noise.choice([0.0, 0.5, 1.0])), noise)
    data = degrade._encoded(degrade._on_paper(full, tone) + grain, compress_level=1)
    yield Image(drawing.source, drawing.name, TONED, data, truth_of(full))
