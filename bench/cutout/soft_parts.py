"""Measure soft parts, whose alpha is known: `python -m bench.cutout.soft_parts`."""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np

from app.imaging import cutout
from bench.cutout.artwork import SETS, SIDE, Artwork, load_artworks, seed
from bench.cutout.degrade import encode, grain, on_background, place
from bench.cutout.metrics import measure
from bench.cutout.truth import Floats, truth_of

_BACKGROUNDS = ("white", "254", "warm JPEG")
_HAIRS = 260
_COLUMNS = ("psnr", "sure", "halo", "left", "eaten")
Random = np.random.Generator


def add_glow(image: Floats, random: Random) -> Floats:
    """Put a colored glow behind the subject, which fades to nothing."""
    strength, sigma = random.uniform(0.5, 1.0), random.uniform(10, 36)
    alpha = np.clip(cv2.GaussianBlur(image[..., 3], (0, 0), sigma) * 1.7 * strength, 0, 0.95)
    return _behind(image, np.asarray(alpha), _vivid(random))


def add_feather(image: Floats, random: Random) -> Floats:
    """Let the whole outline fade over 15 to 35 px."""
    sigma = random.uniform(5, 12)
    alpha = cv2.GaussianBlur(image[..., 3], (0, 0), sigma)
    spread = cv2.GaussianBlur(image, (0, 0), sigma)
    color = np.where(image[..., 3:] > 0.5, image, spread)
    straight = color[..., :3] / np.maximum(color[..., 3:], 1e-4)
    return np.dstack([np.clip(straight, 0, 1) * alpha[..., None], alpha]).astype(np.float32)


def add_hair(image: Floats, random: Random) -> Floats:
    """Draw thin strokes outwards from the outline, in the colors found there."""
    solid = (image[..., 3] > 0.9).astype(np.uint8)
    inner = cv2.erode(solid, np.ones((15, 15), np.uint8))
    rows, columns = np.nonzero((solid > 0) & (inner == 0))
    middle = np.array([columns.mean(), rows.mean()])
    out = image.copy()
    for index in random.integers(0, len(rows), _HAIRS):
        start = np.array([columns[index], rows[index]], float)
        heading = start - middle
        heading /= max(1.0, float(np.hypot(*heading)))
        end = start + 70 * random.uniform(0.3, 1) * (heading + random.normal(0, 0.3, 2))
        stroke = np.zeros((*solid.shape, 1), np.uint8)
        points = np.array([start, (start + end) / 2 + random.normal(0, 4, 2), end])
        width = int(random.integers(1, 5))
        cv2.polylines(stroke, [np.rint(points).astype(np.int32)], False, 255, width, cv2.LINE_AA)
        alpha = np.float32(random.uniform(0.5, 1) / 255) * stroke[..., 0]
        straight = image[rows[index], columns[index], :3] / image[rows[index], columns[index], 3]
        out = _behind(out, np.asarray(alpha, np.float32), np.asarray(straight, np.float32))
    return out


def add_glass(image: Floats, random: Random) -> Floats:
    """Put a tinted glass ball behind the subject, clear inside and denser at its rim."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    radius = random.uniform(180, 300)
    left, top = random.uniform(radius + 20, SIDE - radius - 20, 2)
    distance = np.hypot(x - left, y - top)
    share = np.clip(distance / radius, 0, 1)
    alpha = (random.uniform(0.1, 0.3) + random.uniform(0.3, 0.6) * share**6) * np.clip(
        radius - distance + 0.5, 0, 1
    )
    return _behind(image, alpha.astype(np.float32), _vivid(random))


def add_smoke(image: Floats, random: Random) -> Floats:
    """Let gray smoke rise behind the subject."""
    alpha = np.zeros((SIDE, SIDE), np.float32)
    for cells in (4, 9, 20):
        noise = random.random((cells, cells), dtype=np.float32)
        alpha += cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * np.float32(
            4 / cells
        )
    alpha = np.clip((alpha - alpha.mean()) * 1.2, 0, 1)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - np.float32(0.5)
    envelope = np.clip(1 - np.hypot(x, y) / 0.45, 0, 1)
    return _behind(
        image, (alpha * envelope).astype(np.float32), np.full(3, random.uniform(0.35, 0.6))
    )


KINDS: dict[str, Callable[[Floats, Random], Floats]] = {
    "glow": add_glow,
    "feather": add_feather,
    "hair": add_hair,
    "glass": add_glass,
    "smoke": add_smoke,
}


def _vivid(random: Random) -> Floats:
    """Return a saturated color, 0..1."""
    color = np.array([1.0, random.uniform(0.2, 0.9), random.uniform(0, 0.3)])
    return random.permutation(color).astype(np.float32)


def _behind(front: Floats, alpha: Floats, color: Floats) -> Floats:
    """Put a layer of one color behind a premultiplied image."""
    layer = np.dstack([alpha[..., None] * color, alpha])
    return np.asarray(front + (1 - front[..., 3:]) * layer, np.float32)


def make_samples(artwork: Artwork) -> Iterator[tuple[str, bytes, Floats]]:
    """Yield the kind, the file and the premultiplied truth of each kind."""
    for kind, change in KINDS.items():
        random = np.random.default_rng(seed("soft parts", artwork.source, artwork.name, kind))
        image = change(place(artwork, "square"), random)
        background = _BACKGROUNDS[random.integers(len(_BACKGROUNDS))]
        yield kind, _encode(image, background, random), image


def _encode(image: Floats, background: str, random: Random) -> bytes:
    if background == "warm JPEG":
        return encode(on_background(image, np.array([255, 252, 249])), "JPEG", quality=92)
    if background == "254":
        return encode(on_background(image, 254) + grain(image, 0.5, random), compress_level=1)
    return encode(on_background(image, 255), compress_level=1)


def is_chosen(artwork: Artwork, half: str) -> bool:
    """Return whether a drawing is in a half: methods are chosen on `dev`, shown on `test`."""
    return half == "all" or (seed("half", artwork.name) % 2 == 0) == (half == "dev")


def main() -> None:
    """Print a table of means by kind."""
    parser = argparse.ArgumentParser(prog="python -m bench.cutout.soft_parts", description=__doc__)
    parser.add_argument("--half", choices=("dev", "test", "all"), default="test")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th drawing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each image's numbers")
    options = parser.parse_args()
    rows = []
    artworks = [each for each in load_artworks() if is_chosen(each, options.half)]
    for artwork in artworks[:: options.every]:
        for kind, data, image in make_samples(artwork):
            scores = measure(cutout(data).png, truth_of(image))
            rows.append({"source": artwork.source, "name": artwork.name, "kind": kind, **scores})
    print(f"{len(rows)} images of {len(SETS)} sets\n")
    print(f"{'':10}" + "".join(f"{column:>8}" for column in _COLUMNS))
    for kind in (*KINDS, "mean"):
        chosen = [row for row in rows if kind in ("mean", row["kind"])]
        means = (fmean(float(row[column] or 0) for row in chosen) for column in _COLUMNS)
        print(f"{kind:10}" + "".join(f"{mean:8.2f}" for mean in means))
    if options.json:
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
