"""Random synthetic images that a cutout must survive."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.support.images.sample_images import encoded

Pixels = NDArray[np.uint8]
Maker = Callable[[np.random.Generator, int, int], Pixels]


def noise(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return pixels of independent random colors."""
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def pale_noise(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return nearly white pixels without a clear background."""
    return rng.integers(int(rng.integers(200, 256)), 256, (height, width, 3), dtype=np.uint8)


def specks(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return black and white dots: thousands of regions, most of them enclosed."""
    dark = rng.random((height, width, 1)) < rng.random()
    return np.where(dark, 0, 255).astype(np.uint8).repeat(3, axis=2)


def gradient(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return a gradient between colors."""
    first, across, down = rng.uniform(0, 255, (3, 3))
    y, x = np.mgrid[0:height, 0:width][..., None] / max(width, height)
    return np.asarray((first + (across - first) * x + (down - first) * y).clip(0, 255), np.uint8)


def flat(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return one color."""
    return np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)


def white(_: np.random.Generator, width: int, height: int) -> Pixels:
    """Return white."""
    return np.full((height, width, 3), 255, np.uint8)


def stripes(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return horizontal or vertical stripes on white."""
    image, step = white(rng, width, height), int(rng.integers(1, 9))
    lines = image if rng.random() < 0.5 else image.transpose(1, 0, 2)
    lines[::step] = rng.integers(0, 256, 3)
    return image


def checkers(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return a checkerboard of two colors, one of them often white."""
    step = int(rng.integers(1, 17))
    y, x = np.mgrid[0:height, 0:width]
    two = rng.integers(0, 256, (2, 3))
    if rng.random() < 0.7:
        two[0] = 255
    return np.asarray(two[(y // step + x // step) % 2], np.uint8)


def boxes(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return blocks on white: regions within regions."""
    image = white(rng, width, height)
    for _ in range(int(rng.integers(1, 12))):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        bottom, right = int(rng.integers(top, height)), int(rng.integers(left, width))
        shade = 255 if rng.random() < 0.4 else rng.integers(0, 256, 3)
        image[top : bottom + 1, left : right + 1] = shade
    return image


MAKERS: tuple[Maker, ...] = (
    noise, pale_noise, specks, gradient, flat, white, stripes, checkers, boxes,
)  # fmt: skip


@dataclass(frozen=True)
class OddImage:
    """The parameters of an image, short enough to read and repeat a failing one."""

    make: Maker
    width: int
    height: int
    seed: int
    kind: str
    quality: int
    alpha: str

    def file(self) -> bytes:
        """Render and encode the image."""
        rng = np.random.default_rng(self.seed)
        image = Image.fromarray(self.make(rng, self.width, self.height))
        if self.alpha == "noise":
            layer = rng.integers(0, 256, (self.height, self.width), dtype=np.uint8)
            image.putalpha(Image.fromarray(layer))
        elif self.alpha == "one":
            image.putalpha(int(rng.integers(0, 256)))
        if self.kind == "JPEG":
            return encoded(image.convert("RGB"), "JPEG", quality=self.quality)
        if self.kind == "WEBP":
            return encoded(image, "WEBP", quality=self.quality, method=0)
        return encoded(image, "PNG", compress_level=1)


_SIDES = st.one_of(st.integers(1, 8), st.integers(9, 120), st.sampled_from((1, 2, 400, 1500)))


def odd_images() -> st.SearchStrategy[OddImage]:
    """Return a strategy that combines content, shape, format, quality and transparency."""
    return st.builds(
        OddImage,
        make=st.sampled_from(MAKERS),
        width=_SIDES,
        height=_SIDES,
        seed=st.integers(0, 2**32 - 1),
        kind=st.sampled_from(("PNG", "JPEG", "WEBP")),
        quality=st.integers(1, 100),
        alpha=st.sampled_from(("none", "none", "none", "noise", "one")),
    )
