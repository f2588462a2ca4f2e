"""Measure the cutout on studio backgrounds: `python -m bench.cutout.studio`."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from app.imaging import cutout
from bench.cutout.artwork import SIDE, Artwork, load_artworks, seed
from bench.cutout.degrade import encode, grain, place
from bench.cutout.metrics import measure
from bench.cutout.truth import Floats, truth_of

TONES = ("as drawn", "pale")
BACKGROUNDS = ("white", "vignette", "slope", "floor")
HALVES = ("chosen on", "held out")
COLUMNS = ("psnr", "eaten", "left", "halo")
_PALE_SETS = ("fluent-emoji", "noto")  # shaded drawings, which remain visible when they are pale


@dataclass(frozen=True, slots=True)
class Shot:
    """A drawing in a studio.

    Attributes:
        artwork: the drawing.
        tone: one of TONES.
        background: one of BACKGROUNDS.
    """

    artwork: Artwork
    tone: str
    background: str

    @property
    def half(self) -> str:
        """Which half of the drawings it belongs to: by its name, in all sets alike."""
        return HALVES[seed("half", self.artwork.name) % 2]

    def render(self) -> tuple[bytes, Floats]:
        """Return the file, and the premultiplied truth."""
        noise = np.random.default_rng(seed(self.artwork.name, self.tone, self.background))
        truth = place(self.artwork, "square")
        if self.tone == "pale":
            lightened = 0.72 * truth[..., 3:] + 0.28 * truth[..., :3]
            truth = np.dstack([lightened, truth[..., 3:]]).astype(np.float32)
        backdrop = _backdrop(self.background, noise) * (1 - _contact_shadow(truth, noise))
        image = truth[..., :3] * 255 + (1 - truth[..., 3:]) * backdrop
        return encode(image + grain(truth, noise.uniform(0.3, 1.6), noise)), truth


def _backdrop(kind: str, noise: np.random.Generator) -> Floats:
    """Return the background without a shadow, in levels."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    base = noise.uniform(226, 250) + noise.uniform(-4, 4, 3).astype(np.float32)
    depth = np.float32(noise.uniform(6, 40))
    if kind == "white":
        base, shade = np.full(3, noise.integers(253, 256), np.float32), np.zeros_like(x)
    elif kind == "vignette":
        shade = (x * x + y * y) / 2
    elif kind == "slope":
        angle = noise.uniform(0, 2 * np.pi)
        shade = (1 + x * np.cos(angle) + y * np.sin(angle)) / 2
    else:
        horizon = noise.uniform(0.2, 0.5)
        shade = 0.3 / (1 + np.exp((y - horizon) * 12)) + 0.2 * x * x
    return np.asarray(base - depth * shade[..., None], np.float32)


def _contact_shadow(truth: Floats, noise: np.random.Generator) -> Floats:
    """Return how much a shadow below the subject takes away, 0..1."""
    x, y, w, h = cv2.boundingRect((truth[..., 3] > 0.5).astype(np.uint8))
    height = int(h * noise.uniform(0.02, 0.06))
    center = (int(x + w / 2 + w * noise.uniform(-0.1, 0.1)), y + h - height // 2)
    axes = (int(w * noise.uniform(0.3, 0.5)), height)
    shadow = np.zeros(truth.shape[:2], np.float32)
    cv2.ellipse(shadow, center, axes, 0, 0, 360, float(noise.uniform(0.25, 0.7)), -1)
    near = cv2.GaussianBlur(shadow, (0, 0), height * noise.uniform(0.4, 0.8))
    wide = cv2.GaussianBlur(shadow, (0, 0), height * 2.5)
    return np.asarray(np.maximum(near, 0.5 * wide), np.float32)[..., None]


def make_shots(halves: tuple[str, ...]) -> Iterator[Shot]:
    """Yield all shots of these halves."""
    for artwork in load_artworks():
        for tone in TONES:
            if tone == "pale" and artwork.source not in _PALE_SETS:
                continue
            for background in BACKGROUNDS:
                shot = Shot(artwork, tone, background)
                if shot.half in halves:
                    yield shot


def main() -> None:
    """Print a table, by tone and background."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, help="one half of the drawings; default both")
    parser.add_argument("--list", action="store_true", help="also print each image")
    arguments = parser.parse_args()
    halves = (arguments.half,) if arguments.half else HALVES
    groups: dict[tuple[str, str, str], list[dict[str, float | None]]] = {}
    for shot in make_shots(halves):
        data, truth = shot.render()
        found = measure(cutout(data).png, truth_of(truth))
        groups.setdefault((shot.half, shot.tone, shot.background), []).append(found)
        if arguments.list:
            values = " ".join(f"{found[column] or 0:7.2f}" for column in COLUMNS)
            print(f"{values}  {shot.artwork.source}/{shot.artwork.name} {shot.tone}", end=" ")
            print(shot.background)
    print(f"{'':32}{'n':>5}" + "".join(f"{column:>8}" for column in COLUMNS) + f"{'<30 dB %':>10}")
    for group, rows in sorted(groups.items()):
        means = "".join(f"{np.mean([row[c] or 0.0 for row in rows]):8.2f}" for c in COLUMNS)
        bad = 100 * np.mean([(row["psnr"] or 0.0) < 30 for row in rows])
        print(f"{', '.join(group):32}{len(rows):5}{means}{bad:10.1f}")


if __name__ == "__main__":
    main()
