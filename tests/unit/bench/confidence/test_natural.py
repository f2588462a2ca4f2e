"""The images that the confidence is fitted to, drawn as image models draw them."""

import io
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.confidence import natural
from bench.cutout.artwork import SIDE, Artwork
from bench.cutout.degrade import Sample
from bench.cutout.truth import Truth

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def samples() -> dict[str, tuple[Sample, Truth]]:
    """Return a sample of each kind of a red disk, with its second truth."""
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    cv2.circle(pixels, (512, 480), 260, (200, 30, 30, 255), -1, cv2.LINE_AA)
    artwork = Artwork("drawn", "disk", pixels)
    return {sample.kind: (sample, other) for sample, other in natural.make_samples(artwork)}


def gray_of(sample: Sample) -> Pixels:
    """Return a file as gray levels."""
    return np.asarray(Image.open(io.BytesIO(sample.data)).convert("L"))


def opacity(truth: Truth) -> float:
    """Return the mean opacity of a truth."""
    return float(truth.references[0][..., 3].mean())


def test_each_kind_is_drawn_once(samples: dict[str, tuple[Sample, Truth]]) -> None:
    """All kinds have files of the same size, and each is different."""
    assert tuple(samples) == natural.KINDS
    assert {gray_of(sample).shape for sample, _ in samples.values()} == {(SIDE, SIDE)}
    assert len({sample.data for sample, _ in samples.values()}) == len(natural.KINDS)


def test_backgrounds(samples: dict[str, tuple[Sample, Truth]]) -> None:
    """Corners are light and even, darken in a studio, and alternate in a checkerboard."""
    even, studio, tiles = (gray_of(samples[kind][0]) for kind in ("even", "studio", "tiles"))
    assert even[:40].min() >= 245
    corners = [float(studio[y, x]) for y in (0, -1) for x in (0, -1)]
    assert max(corners) - min(corners) >= 4
    row = cv2.blur(tiles[:8], (1, 8))[4].astype(int)
    levels = row > (row.min() + row.max()) / 2
    assert sum(first != second for first, second in pairwise(levels)) >= SIDE // 50


def test_a_shadow_is_not_part_of_the_truth(samples: dict[str, tuple[Sample, Truth]]) -> None:
    """The shadow darkens the background below the disk, and its truth is that of the disk."""
    contact, _ = samples["contact"]
    even, _ = samples["even"]
    below = np.s_[742:790, 300:720]
    assert gray_of(contact)[below].mean() < gray_of(even)[below].mean() - 3
    assert opacity(contact.truth) == pytest.approx(opacity(even.truth))


def test_soft_parts_are_part_of_the_truth(samples: dict[str, tuple[Sample, Truth]]) -> None:
    """A glow may be kept or removed: the second truth has none. A feathered rim stays."""
    disk = opacity(samples["even"][0].truth)
    glow, without_glow = samples["glow"]
    assert opacity(glow.truth) > disk + 0.01
    assert opacity(without_glow) == pytest.approx(disk)
    feathered, same = samples["feathered"]
    partial = (feathered.truth.references[0][..., 3] % 1 > 0).mean()
    assert partial > 2 * (without_glow.references[0][..., 3] % 1 > 0).mean()
    assert same is feathered.truth
