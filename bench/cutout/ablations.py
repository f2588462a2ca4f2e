"""What each step of the cutout is worth: `python -m bench.cutout.ablations DIR`.

One step at a time is disabled. The folder is that of `bench.cutout.own_alpha`: images with an alpha
of their own. The icons are every fourth of `bench.cutout`, shadows in a column of their own.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from app.imaging import CutoutOptions, cutout
from app.imaging.cutout import matte, pipeline, segmentation
from app.imaging.cutout.edges import edge_alpha
from app.imaging.cutout.options import HoleChoice
from app.imaging.cutout.stated_background import find_background
from app.imaging.cutout.surface import Leveled
from bench.cutout import own_alpha, run
from bench.cutout.artwork import load_artworks
from bench.cutout.degrade import KINDS, Sample
from bench.cutout.metrics import measure

_EVERY = 4  # of the icons
_GROUPS = ("all", "solid", "soft")
_COLUMNS = ("real", "solid", "soft", "below 30 dB", "icons", "shadow")


class Ablation(NamedTuple):
    """A step that is disabled.

    Attributes:
        label: for the table.
        replaced: functions by module and name, with what replaces them.
        options: of the cutout.
    """

    label: str
    replaced: tuple[tuple[Any, str, Callable[..., Any]], ...] = ()
    options: CutoutOptions = CutoutOptions()

    def cut(self, data: bytes) -> bytes:
        """Cut out a file without this step."""
        with ExitStack() as stack:
            for module, name, replacement in self.replaced:
                stack.enter_context(patch.object(module, name, replacement))
            return cutout(data, options=self.options).png


def _unchanged(*arguments: Any) -> Any:
    return arguments[-1]


ABLATIONS = (
    Ablation("nothing"),
    Ablation(
        "opacity: only in or out",
        (
            (
                edge_alpha,
                "estimate_alpha",
                lambda *arguments: (1 - arguments[2]) * np.uint8(255),
            ),
        ),
    ),
    Ablation("soft parts", ((matte, "soften", _unchanged),)),
    Ablation("strands", ((matte, "resolve_strands", _unchanged),)),
    Ablation(
        "uneven backgrounds",
        (
            (
                pipeline,
                "level",
                lambda image, chosen: Leveled(image, find_background(image, chosen)),
            ),
        ),
    ),
    Ablation(
        "shadows",
        (
            (segmentation, "find_dark_shadow", lambda *_: None),
            (segmentation, "may_have_shadow", lambda *_: False),
        ),
    ),
    Ablation("judgment: all kept", options=CutoutOptions(holes=HoleChoice("keep"))),
    Ablation("judgment: all cut", options=CutoutOptions(holes=HoleChoice("cut"))),
)


def main() -> None:
    """Print the table, in dB."""
    parser = argparse.ArgumentParser(prog="python -m bench.cutout.ablations", description=__doc__)
    parser.add_argument("folder", type=Path)
    files = sorted(parser.parse_args().folder.iterdir())
    real = [
        sample
        for sample in map(own_alpha.read_sample, files)
        if sample.merged <= own_alpha.MAX_MERGED
    ]
    icons = list(run.select(load_artworks(), KINDS, _EVERY))
    print(f"{len(real)} images with their own alpha, {len(icons)} of icons; PSNR, dB")
    print("| disabled |" + "".join(f" {column} |" for column in _COLUMNS))
    for ablation in ABLATIONS:
        cells = [*_real(real, ablation), *_icons(icons, ablation)]
        print(f"| {ablation.label} | " + " | ".join(cells) + " |", flush=True)


def _real(samples: list[own_alpha.Sample], ablation: Ablation) -> Iterator[str]:
    rows = own_alpha.score(samples, ablation.cut, list(own_alpha.BACKGROUNDS))
    for group in _GROUPS:
        yield f"{fmean(row['psnr'] for row in rows if group in ('all', row['group'])):.2f}"
    yield f"{100 * fmean(row['psnr'] < own_alpha.BAD for row in rows):.0f} %"


def _icons(samples: list[Sample], ablation: Ablation) -> Iterator[str]:
    scores = [
        (sample.kind, measure(ablation.cut(sample.data), sample.truth)["psnr"] or 0.0)
        for sample in samples
    ]
    for is_shadow in (False, True):
        yield f"{fmean(psnr for kind, psnr in scores if (kind == 'shadow') is is_shadow):.2f}"


if __name__ == "__main__":
    main()
