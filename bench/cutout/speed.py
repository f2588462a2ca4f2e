"""The time of a cutout as a ratio to Pillow's: `python -m bench.cutout.speed DIR`.

Pillow decodes the same file, resizes it and writes a PNG, and cuts nothing out. The folder is that
of `bench.cutout.own_alpha`; the icons are every fourth of `bench.cutout`. Processor time, the
medians of interleaved rounds.
"""

import argparse
import os
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_ROUNDS = 5
_EVERY = 4  # of the icons


def main() -> None:
    """Measure each file, and print the table."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # read when the libraries are loaded
    import cv2

    from bench.results import Measurement, report

    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(prog="python -m bench.cutout.speed", description=__doc__)
    parser.add_argument("folder", type=Path)
    groups = _groups(parser.parse_args().folder)
    measurements = []
    for name, (files, target) in groups.items():
        found = [_measure(data) for data in files]
        ratios, milliseconds = zip(*found, strict=True)
        measurements.append(
            Measurement(
                name=f"{name}, {len(files)} files",
                ratio=statistics.median(ratios),
                target=target,
                low=min(ratios),
                high=max(ratios),
                value=f"{statistics.median(milliseconds):.1f} ms",
            )
        )
    report("cutout_speed", "A cutout, as a ratio to Pillow on the same file", measurements)


def _groups(folder: Path) -> dict[str, tuple[list[bytes], float]]:
    """Return the files of each group, and its target."""
    from bench.cutout import own_alpha, run
    from bench.cutout.artwork import load_artworks
    from bench.cutout.degrade import KINDS

    samples = [own_alpha.read_sample(file) for file in sorted(folder.iterdir())]
    groups: dict[str, tuple[list[bytes], float]] = {
        "images of models, solid": ([], 0.55),
        "images of models, soft": ([], 1.2),
        "icons": ([], 0.55),
        "icons with a shadow": ([], 1.2),
    }
    for sample in samples:
        files, _ = groups[f"images of models, {sample.group}"]
        files += [sample.tinted(kind).on(kind) for kind in own_alpha.BACKGROUNDS]
    for icon in run.select(load_artworks(), KINDS, _EVERY):
        groups["icons with a shadow" if icon.kind == "shadow" else "icons"][0].append(icon.data)
    return groups


def _measure(data: bytes) -> tuple[float, float]:
    """Return the ratio to Pillow, and the milliseconds."""
    from app.imaging import cutout
    from bench.cutout.floors import pillow
    from bench.support.timing import interleave

    both: dict[str, Callable[[], object]] = {
        "ours": partial(cutout, data),
        "pillow": partial(pillow, data),
    }
    medians = {
        name: statistics.median(seconds) for name, seconds in interleave(both, _ROUNDS).items()
    }
    return medians["ours"] / medians["pillow"], 1000 * medians["ours"]


if __name__ == "__main__":
    main()
