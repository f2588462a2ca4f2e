"""Run floors and methods on the same samples in turn."""

import statistics
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.cutout import floors
from bench.cutout.artwork import Artwork, seed
from bench.cutout.degrade import KINDS, Sample, make_samples
from bench.cutout.methods import METHODS, Cut, NotInstalled
from bench.cutout.metrics import measure
from bench.support.timing import spent_by

Row = dict[str, Any]

_EXAMPLES = 5  # files of each format that the parts of the fastest floor are tried on


@dataclass(slots=True)
class Results:
    """The results of a run.

    Attributes:
        fastest: the floor of the fastest parts.
        seconds: by floor or method, then by image.
        rows: the quality of each image by each method.
    """

    fastest: floors.Fastest
    seconds: dict[str, dict[str, float]]
    rows: list[Row] = field(default_factory=list)

    def median_ms(self, name: str, among: str | None = None) -> float:
        """Return the median milliseconds over the images that `among` ran on too."""
        spent = self.seconds[name]
        return 1000 * statistics.median(spent[image] for image in self.seconds[among or name])


def load(names: Collection[str]) -> tuple[dict[str, Cut], dict[str, str]]:
    """Load the methods; also return which are not installed, and why."""
    loaded: dict[str, Cut] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            loaded[name] = METHODS[name].make()
        except NotInstalled as reason:
            missing[name] = str(reason)
    return loaded, missing


def run(
    artworks: Sequence[Artwork],
    cuts: Mapping[str, Cut],
    *,
    kinds: Collection[str],
    every: int,
    repeat: int,
) -> Results:
    """Measure all floors and methods on the selected samples."""
    fastest = floors.fastest(_example_files(artworks))
    timed = {**floors.floors(fastest), **cuts}
    results = Results(fastest, {name: {} for name in timed})
    for number, sample in enumerate(select(artworks, kinds, every)):
        if number == 0:
            for cut in timed.values():
                cut(sample.data)  # loading and compiling at first use is not counted
        due = [name for name in timed if _is_due(name, sample)]
        start = number % len(due)  # so that the order varies
        for name in due[start:] + due[:start]:
            _measure(results, sample, name, timed[name], repeat)
        if number % 20 == 19 and sys.stderr.isatty():
            print(f"\r{number + 1} images", end="", file=sys.stderr, flush=True)
    return results


def _example_files(artworks: Sequence[Artwork]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for artwork in artworks[:: max(1, len(artworks) // _EXAMPLES)]:
        for sample in make_samples(artwork, ("clean", "jpeg", "webp")):
            found.setdefault(floors.format_of(sample.data), []).append(sample.data)
    return found


def select(artworks: Sequence[Artwork], kinds: Collection[str], every: int) -> Iterator[Sample]:
    """Yield every N-th diagonal of artwork x kinds, so that each has its share."""
    for row, artwork in enumerate(artworks):
        wanted = [
            kind
            for column, kind in enumerate(KINDS)
            if kind in kinds and (row + column) % every == 0
        ]
        yield from make_samples(artwork, wanted)


def _is_due(name: str, sample: Sample) -> bool:
    """Return whether a method runs on a sample; slow ones run on a random, fixed selection."""
    return name not in METHODS or seed("slow", sample.key) % METHODS[name].step == 0


def _measure(results: Results, sample: Sample, name: str, cut: Cut, repeat: int) -> None:
    tries = [spent_by(cut, sample.data) for _ in range(repeat)]
    results.seconds[name][sample.key] = min(seconds for seconds, _ in tries)
    if name in METHODS:
        png = tries[0][1]
        row = {"method": name, "image": sample.key, "set": sample.source, "kind": sample.kind}
        results.rows.append({**row, "bytes": len(png), **measure(png, sample.truth)})
