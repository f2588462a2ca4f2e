"""Render and measure artwork, and write the training set: `python -m bench.holes.collect`.

It needs npm, and takes two hours. The regions of what image models drew are kept as they are in
the table: their files are not part of the project.
"""

import argparse
import zlib
from collections.abc import Iterator

import cv2
import numpy as np

from bench.holes import backgrounds, icons, lattice, letterings, line_art, paintings, table
from bench.holes.backgrounds import Backdrop
from bench.holes.measure import Measured, measure
from bench.holes.table import REAL, Array, HoleTable

EACH = 2  # random backgrounds that an image is laid on
# Two sets whose styles the others lack are laid on four backgrounds each.
FOUR = ("white", "254", "JPEG", "WEBP")
ON_FOUR = frozenset({"noto", "openmoji"})
DRAWN = {
    "lattice": lambda: ((name, name, pixels) for name, pixels in lattice.render_images(1024)),
    "letterings": lambda: ((name, name, pixels) for name, pixels in letterings.load_letterings()),
    "line-art": lambda: ((name, name, pixels) for name, pixels in line_art.load_line_art()),
    "painter": paintings.load_paintings,
}

Row = tuple[str, str, str, str, Measured]


def load(source: str) -> Iterator[tuple[str, str, Array]]:
    """Yield group, name and BGRA pixels of a source's images."""
    if source in DRAWN:
        yield from DRAWN[source]()
        return
    for name, pixels in icons.load_icons(source):
        yield name, name, pixels


def choose_backdrops(source: str, rng: np.random.Generator) -> list[Backdrop]:
    """Return the backgrounds that the next image of a source is laid on."""
    if source in ON_FOUR:
        return [backgrounds.find_backdrop(name) for name in FOUR]
    return backgrounds.choose_backdrops(rng, EACH)


def collect(source: str) -> Iterator[Row]:
    """Yield what is measured of each image on each background."""
    for group, name, pixels in load(source):
        rng = np.random.default_rng(zlib.crc32(f"{source}:{name}".encode()))
        for backdrop in choose_backdrops(source, rng):
            found = measure(backgrounds.lay(pixels, backdrop, rng))
            if found is not None:
                yield source, name, group, backdrop.name, found


def build(rows: list[Row], known: HoleTable) -> HoleTable:
    """Return the table of these rows and of the real images that are known."""
    kept = np.flatnonzero(known.source == REAL)
    mine = np.isin(known.image, kept)
    held_out = set(zip(known.source[known.held_out], known.name[known.held_out], strict=True))
    sources, names, groups, backdrops, found = zip(*rows, strict=True)
    counts = [len(each.subject) for each in found]
    renumbered = np.searchsorted(kept, known.image[mine])
    is_held = [pair in held_out for pair in zip(sources, names, strict=True)]
    return HoleTable(
        np.concatenate([known.features[mine], *(each.features for each in found)]).astype(
            np.float16
        ),
        np.concatenate([known.subject[mine], *(each.subject for each in found)]),
        np.concatenate([known.area[mine], *(each.area for each in found)]).astype(np.int32),
        np.r_[renumbered, len(kept) + np.repeat(np.arange(len(rows)), counts)].astype(np.int16),
        np.r_[known.source[kept], sources],
        np.r_[known.name[kept], names],
        np.r_[known.group[kept], groups],
        np.r_[known.background[kept], backdrops],
        np.r_[known.held_out[kept], is_held],
    )


def main() -> None:
    """Measure all sources, or those named, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.holes.collect", description=__doc__)
    parser.add_argument("--only", help="one source: print how many regions it has, write nothing")
    only = parser.parse_args().only
    cv2.setNumThreads(1)
    sources = [only] if only else [*DRAWN, *(each.name for each in icons.SETS)]
    rows = [row for source in sources for row in collect(source)]
    print(f"{len(rows)} images, {sum(len(row[-1].subject) for row in rows)} regions")
    if not only:
        build(rows, table.load()).save()


if __name__ == "__main__":
    main()
