"""Run floors and methods on the same images in turn, and keep what came out."""

import statistics
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.cutout import floors
from bench.cutout.artwork import Artwork, seed
from bench.cutout.clock import spent_by
from bench.cutout.degrade import KINDS, Sample, images
from bench.cutout.methods import METHODS, Cut, Missing
from bench.cutout.metrics import measure

Row = dict[str, Any]

_EXAMPLES = 5  # files of each format that the parts of the fastest floor are tried on


@dataclass(slots=True)
class Results:
    """One row an image and method; `seconds` by floor or method, then by image."""

    fastest: floors.Fastest
    seconds: dict[str, dict[str, float]]
    rows: list[Row] = field(default_factory=list)

    def median_ms(self, name: str, among: str | None = None) -> float:
        """Return the median over the images that `among` was run on too, in milliseconds."""
        spent = self.seconds[name]
        return 1000 * statistics.median(spent[image] for image in self.seconds[among or name])


def load(names: Collection[str]) -> tuple[dict[str, Cut], dict[str, str]]:
    """Make the methods; also tell which can't be made, and why."""
    made: dict[str, Cut] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            made[name] = METHODS[name].make()
        except Missing as reason:
            missing[name] = str(reason)
    return made, missing


def run(
    drawings: Sequence[Artwork],
    cuts: Mapping[str, Cut],
    *,
    kinds: Collection[str],
    every: int,
    repeat: int,
) -> Results:
    """Measure everything."""
    fastest = floors.fastest(_examples(drawings))
    timed = {**floors.floors(fastest), **cuts}
    results = Results(fastest, {name: {} for name in timed})
    for number, image in enumerate(_chosen(drawings, kinds, every)):
        if number == 0:
            for cut in timed.values():
                cut(image.data)  # what is loaded or compiled at first use is not counted
        due = [name for name in timed if _is_due(name, image)]
        start = number % len(due)  # so that none always runs after the same other
        for name in due[start:] + due[:start]:
            _one(results, image, name, timed[name], repeat)
        if number % 20 == 19 and sys.stderr.isatty():
            print(f"\r{number + 1} images", end="", file=sys.stderr, flush=True)
    return results


def _examples(drawings: Sequence[Artwork]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for drawing in drawings[:: max(1, len(drawings) // _EXAMPLES)]:
        for image in images(drawing, ("clean", "jpeg", "webp")):
            found.setdefault(floors.format_of(image.data), []).append(image.data)
    return found


def _chosen(drawings: Sequence[Artwork], kinds: Collection[str], every: int) -> Iterator[Sample]:
    """Take every N-th diagonal of drawings x kinds: a sample has its share of each."""
    for row, drawing in enumerate(drawings):
        wanted = [
            kind
            for column, kind in enumerate(KINDS)
            if kind in kinds and (row + column) % every == 0
        ]
        yield from images(drawing, wanted)


def _is_due(name: str, image: Sample) -> bool:
    """Slow methods get a sample that looks random, and is the same in every run."""
    return name not in METHODS or seed("slow", image.key) % METHODS[name].step == 0


def _one(results: Results, image: Sample, name: str, cut: Cut, repeat: int) -> None:
    tries = [spent_by(cut, image.data) for _ in range(repeat)]
    results.seconds[name][image.key] = min(seconds for seconds, _ in tries)
    if name in METHODS:
        png = tries[0][1]
        row = {"method": name, "image": image.key, "set": image.source, "kind": image.kind}
        results.rows.append({**row, "bytes": len(png), **measure(png, image.truth)})
