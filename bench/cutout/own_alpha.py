"""Compare methods on images with an alpha of their own: `python -m bench.cutout.own_alpha DIR`.

The folder holds PNG or WEBP files that an image model drew with transparency. Each is laid on plain
backgrounds, cut out, and compared with its own alpha. Models leave a veil of 1 to 7 where alpha
should be 0, and 248 to 254 where it should be 255; these levels count as 0 and 255.

An image is soft if more than 2 % of its subject is see-through beyond the width of an edge. A
method may keep or remove that; the nearer of the two counts. Images whose near-white parts run
into a white background are left out: no result could be right.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np
from PIL import Image

from app.imaging import cutout
from bench.cutout.artwork import seed
from bench.cutout.degrade import encode, grain, on_background
from bench.cutout.methods import METHODS, NotInstalled
from bench.cutout.metrics import measure
from bench.cutout.truth import NEAR_WHITE, Floats, Mask, Truth, truth_of

_VEIL, _SOLID = 8, 247  # levels of alpha below and above which it counts as 0 and 255
_EDGE = 6  # px beyond which partial alpha is no edge
_MIN_SOFT, MAX_MERGED = 0.02, 0.005  # of the subject
BAD = 30.0  # dB; below, a mistake is obvious
_GROUPS = ("all", "solid", "soft")
BACKGROUNDS = {
    "white": (255, 255, 255),
    "254": (254, 254, 254),
    "warm": (255, 252, 249),
    "jpeg": (255, 255, 255),
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """An image with its own alpha.

    Attributes:
        name: of its file.
        image: premultiplied RGBA, 0..1.
        soft: (h, w), where it is see-through beyond the width of an edge.
        share: of the subject that is soft, 0..1.
        merged: of the subject that is near white and runs into a white background, 0..1.
    """

    name: str
    image: Floats
    soft: Mask
    share: float
    merged: float

    @property
    def group(self) -> str:
        """`soft` or `solid`."""
        return "soft" if self.share > _MIN_SOFT else "solid"

    def tinted(self, kind: str) -> "Sample":
        """Return it as on a background of this kind, which tints the whole image."""
        color = np.append(np.array(BACKGROUNDS[kind], np.float32) / np.float32(255), 1)
        return replace(self, image=np.asarray(self.image * color, np.float32))

    def on(self, kind: str) -> bytes:
        """Return a file with the image, which has its tint, on a background of this kind."""
        color = on_background(self.image, np.array(BACKGROUNDS[kind]))
        if kind == "warm":
            noise = np.random.default_rng(seed("own alpha", self.name))
            return encode(color + grain(self.image, 0.7, noise), compress_level=1)
        return (
            encode(color, "JPEG", quality=90) if kind == "jpeg" else encode(color, compress_level=1)
        )

    def truths(self) -> Iterator[Truth]:
        """Yield the truth as it is, and without what is soft."""
        yield truth_of(self.image)
        if self.soft.any():
            yield truth_of(self.image * ~self.soft[..., None])


def read_sample(file: Path) -> Sample:
    """Read a file, and measure what is soft in it."""
    pixels = np.array(Image.open(file).convert("RGBA"))
    alpha = pixels[..., 3]
    alpha[alpha < _VEIL] = 0
    alpha[alpha > _SOLID] = 255
    image = pixels.astype(np.float32) / np.float32(255)
    image[..., :3] *= image[..., 3:]
    visible, solid = alpha > 0, alpha == 255
    partial = visible & ~solid
    deep = np.maximum(_distance(~solid), _distance(visible)) > _EDGE
    core = (partial & deep).astype(np.uint8)
    soft = partial & (np.asarray(cv2.dilate(core, np.ones((13, 13), np.uint8))) > 0)
    number = max(1, int(visible.sum()))
    return Sample(file.stem, image, soft, soft.sum() / number, _merged(image).sum() / number)


def _distance(mask: Mask) -> Floats:
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _merged(image: Floats) -> Mask:
    """Return where the subject is near white and connected to the white around it."""
    white = (on_background(image, 255).min(axis=2) >= NEAR_WHITE).astype(np.uint8)
    padded = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    return np.asarray((labels[1:-1, 1:-1] == labels[0, 0]) & (image[..., 3] >= 0.5))


def score(
    samples: list[Sample], cut: Callable[[bytes], bytes], backgrounds: list[str]
) -> list[Row]:
    """Measure a method on all samples and backgrounds."""
    rows: list[Row] = []
    for sample in samples:
        for kind in backgrounds:
            tinted = sample.tinted(kind)
            png = cut(tinted.on(kind))
            value = max(measure(png, truth)["psnr"] or 0.0 for truth in tinted.truths())
            rows.append(
                {"name": sample.name, "group": sample.group, "background": kind, "psnr": value}
            )
    return rows


def print_line(label: str, rows: list[Row]) -> None:
    """Print the means of a method: all, by group, and the share below 30 dB."""
    groups = [[row["psnr"] for row in rows if group in ("all", row["group"])] for group in _GROUPS]
    means = "".join(f"{fmean(values):8.2f}" if values else f"{'-':>8}" for values in groups)
    bad = fmean(row["psnr"] < BAD for row in rows)
    print(f"{label:24}{len(rows):6}{means}{100 * bad:8.1f}", flush=True)


def print_verdicts(samples: list[Sample], rows: list[Row], backgrounds: list[str]) -> None:
    """Print how many images have each verdict, and how many of these are below 30 dB."""
    verdicts = [
        cutout(sample.tinted(kind).on(kind)).report.verdict
        for sample in samples
        for kind in backgrounds
    ]
    for verdict in ("good", "check", "bad"):
        scores = [row["psnr"] for row, own in zip(rows, verdicts, strict=True) if own == verdict]
        print(f"{verdict:24}{len(scores):6}  below 30 dB: {sum(value < BAD for value in scores)}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.cutout.own_alpha", description=__doc__)
    parser.add_argument("folder", type=Path)
    methods = ", ".join(METHODS)
    parser.add_argument("--methods", default="ours", help=f"separated by commas: {methods}")
    parser.add_argument("--backgrounds", default=",".join(BACKGROUNDS))
    options = parser.parse_args()
    backgrounds = options.backgrounds.split(",")
    read = [read_sample(file) for file in sorted(options.folder.iterdir())]
    samples = [sample for sample in read if sample.merged <= MAX_MERGED]
    print(f"{len(samples)} of {len(read)} images")
    print(f"{'':24}{'n':>6}{'all':>8}{'solid':>8}{'soft':>8}   <30 %")
    for name in options.methods.split(","):
        try:
            rows = score(samples, METHODS[name].make(), backgrounds)
        except NotInstalled as error:
            print(f"{METHODS[name].label}: {error}")
            continue
        print_line(METHODS[name].label, rows)
        if name == "ours":
            for kind in backgrounds:
                print_line(f"  {kind}", [row for row in rows if row["background"] == kind])
            print_verdicts(samples, rows, backgrounds)
            for row in sorted(rows, key=lambda row: row["psnr"])[:10]:
                print(f"  {row['name']:26}{row['background']:8}{row['psnr']:8.2f}")


if __name__ == "__main__":
    main()
