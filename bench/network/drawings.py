"""Drawings with an alpha of their own, and what can be made of them."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.network import sources

Array = NDArray[Any]
Rng = np.random.Generator

_WORDS = (
    "BAKERY coffee Bloom ROAD Open book SODA Garden pebble Orbit DAWN Pocket queen BOARD radio "
    "Apple dodo AQUA Ember Otter good food Bread PLAY goal Depot 2026 80 96 Abode Pixel dog Oslo"
).split()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with straight alpha.

    Attributes:
        color: (h, w, 3) float32 BGR, 0..1.
        alpha: (h, w) float32, 0..1.
        soft: (h, w) bool, where it is see-through by design.
    """

    color: Array
    alpha: Array
    soft: Array


class Library:
    """The stored drawings, those with a held-out name apart."""

    def __init__(
        self, file: Path, extra: list[Array] | None = None, excluded: set[str] | None = None
    ) -> None:
        """Read the store of `sources`.

        Args:
            file: the store.
            extra: more drawings, (h, w, 4) uint8 BGRA.
            excluded: drawings to leave out, as `source:name`.
        """
        self.excluded = excluded or set()
        with np.load(file) as store:
            self.source, self.name = store["source"], store["name"]
            self.end, self.data = store["end"], store["data"]
        self.extra = extra or []
        self.photos = [i for i, source in enumerate(self.source) if source == "photo"]
        self.by_source: dict[str, list[int]] = {}
        for number, source in enumerate(self.source):
            if source != "photo" and not self._is_left_out(number):
                self.by_source.setdefault(str(source), []).append(number)
        self.fonts = sorted((sources.CACHE / "fonts").glob("*.woff"))

    def _is_left_out(self, number: int) -> bool:
        name = str(self.name[number])
        skin_tone = "-1f3f" in name and number % 8 > 0
        return skin_tone or f"{self.source[number]}:{name}" in self.excluded

    def pixels(self, number: int) -> Array:
        """Return (h, w, 4) uint8 BGRA pixels, or BGR of a photo."""
        start = self.end[number - 1] if number else 0
        data = self.data[start : self.end[number]]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))

    @lru_cache(maxsize=32)  # noqa: B019 - reason: one library a process
    def photo(self, number: int) -> Array:
        """Return a photo, (h, w, 3) uint8."""
        return self.pixels(self.photos[number])


# How often each source is drawn from. Renders and shaded art resemble what models draw most.
_SHARES = {
    "fluent-emoji-3d": 16, "painter": 8, "noto": 8, "fluent-emoji": 6, "fluent-emoji-flat": 7,
    "openmoji": 6, "twemoji": 7, "emojione": 7, "fxemoji": 6, "streamline-emojis": 5,
    "streamline-ultimate-color": 6, "streamline-freehand-color": 3, "flat-color-icons": 2,
    "fluent-color": 3, "game-icons": 2, "logos": 5, "meteocons": 1,
}  # fmt: skip
HOLE_SHARE, MAX_TRIES = 0.25, 8  # of drawings that are picked for holes
UNFILLED = {"streamline-freehand-color"}  # line drawings without a fill
_NAMES = list(_SHARES)
_CHANCES = np.array(list(_SHARES.values()), float) / sum(_SHARES.values())


def pick(library: Library, rng: Rng, held_out: bool = False) -> Drawing:
    """Return a random drawing; some are chosen among several for their holes."""
    tries = MAX_TRIES if rng.random() < HOLE_SHARE else 1
    for _ in range(tries):
        drawing = _pick_any(library, rng, held_out)
        if tries > 1 and _has_hole(drawing.alpha):
            break
    return drawing


def _has_hole(alpha: Array) -> bool:
    small = cv2.resize(alpha, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    empty = cv2.copyMakeBorder(
        (small < 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1
    )
    cv2.floodFill(empty, None, (0, 0), 2, flags=4)
    return bool((empty == 1).mean() > 0.006)


def _pick_any(library: Library, rng: Rng, held_out: bool) -> Drawing:
    if held_out:
        number = rng.choice(library.by_source[sources.HELD_OUT])
        return from_pixels(library.pixels(int(number)))
    if library.extra and rng.random() < 0.12:
        return from_pixels(library.extra[rng.integers(len(library.extra))])
    if rng.random() < 0.07:
        return lettering(library, rng)
    source = _NAMES[rng.choice(len(_NAMES), p=_CHANCES)]
    numbers = library.by_source[source]
    drawing = from_pixels(library.pixels(numbers[rng.integers(len(numbers))]))
    return _filled(drawing) if source in UNFILLED else drawing


def _filled(drawing: Drawing) -> Drawing:
    """Fill what the lines enclose with white: the body of a line drawing is subject."""
    empty = cv2.copyMakeBorder(
        (drawing.alpha < 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1
    )
    cv2.floodFill(empty, None, (0, 0), 2, flags=4)
    inside = cv2.GaussianBlur((empty[1:-1, 1:-1] == 1).astype(np.float32), (0, 0), 0.7)
    alpha = np.where(inside > 0.3, 1, drawing.alpha).astype(np.float32)
    below = np.where(inside > 0.3, drawing.alpha, 1)[..., None]
    color = drawing.color * below + (1 - below)
    return Drawing(color.astype(np.float32), alpha, drawing.soft)


def from_pixels(pixels: Array) -> Drawing:
    """Convert uint8 BGRA, mirrored or not."""
    levels = pixels.astype(np.float32) * np.float32(1 / 255)
    alpha = levels[..., 3]
    wide = cv2.erode(((alpha > 0.03) & (alpha < 0.93)).astype(np.uint8), np.ones((5, 5), np.uint8))
    soft = cv2.dilate(wide, np.ones((7, 7), np.uint8)) > 0
    return Drawing(levels[..., :3], alpha, soft & (alpha > 0.03) & (alpha < 0.93))


def lettering(library: Library, rng: Rng) -> Drawing:
    """Write a word or two, plain or with an outline."""
    font = ImageFont.truetype(str(library.fonts[rng.integers(len(library.fonts))]), 110)
    words = [_WORDS[rng.integers(len(_WORDS))] for _ in range(rng.integers(1, 3))]
    text = "\n".join(words)
    stroke = int(rng.choice([0, 0, 3, 6, 10]))
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = probe.multiline_textbbox((0, 0), text, font, stroke_width=stroke)
    canvas = Image.new("RGBA", (int(right - left) + 4, int(bottom - top) + 4))
    ink = tuple(int(v) for v in rng.integers(0, 200, 3))
    inside = (255, 255, 255) if stroke > 2 and rng.random() < 0.5 else ink
    rim = tuple(int(v) for v in rng.integers(0, 160, 3)) if stroke > 2 else ink
    ImageDraw.Draw(canvas).multiline_text(
        (2 - left, 2 - top), text, (*inside, 255), font, stroke_width=stroke, stroke_fill=rim
    )
    canvas.thumbnail((sources.SIDE, sources.SIDE))
    return from_pixels(np.asarray(canvas)[..., [2, 1, 0, 3]])


def png_pixels(data: bytes) -> Array:
    """Decode an RGBA file to (h, w, 4) uint8 BGRA of at most `sources.SIDE`, alpha cleaned."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    pixels = np.array(image)
    pixels[..., 3][pixels[..., 3] < 8] = 0
    pixels[..., 3][pixels[..., 3] > 247] = 255
    box = Image.fromarray(pixels[..., 3]).getbbox()
    clean = Image.fromarray(pixels).crop(box)
    clean.thumbnail((sources.SIDE, sources.SIDE))
    return np.asarray(clean)[..., [2, 1, 0, 3]]
