"""Evaluate the network: `python -m bench.network.evaluate --scenes FOLDER --real FOLDER`."""

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from app.imaging.cutout import holes
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.options import HoleChoice
from app.imaging.cutout.regions import background_like, label_regions
from bench.network import backgrounds
from bench.network.drawings import Array
from bench.network.generate import SHARD
from bench.network.pixel_classes import CLASSES, HOLE, SOFT, SUBJECT, predict_classes

WORKING = 512  # px: the size at which the cutout judges areas
MIN_AREA = 24  # px of the working size
STUDIO = "studio"  # gradients, vignettes, walls with a floor
# Backgrounds as models paint them: color (BGR), noise, and format.
GROUNDS: dict[str, tuple[tuple[int, int, int], float, str]] = {
    "white": ((255, 255, 255), 0, "PNG"),
    "254": ((254, 254, 254), 0, "PNG"),
    "warm": ((249, 252, 255), 0.7, "PNG"),
    "253, noise": ((253, 253, 253), 1.0, "PNG"),
    "JPEG": ((255, 255, 255), 0, "JPEG"),
    "WEBP": ((255, 255, 255), 0, "WEBP"),
}


def on_background(pixels: Array, ground: str, seed: int) -> Array:
    """Composite (h, w, 4) BGRA over a background that tints all of it; (h, w, 3) uint8."""
    if ground == STUDIO:
        rng = np.random.default_rng(seed)
        levels = backgrounds.studio(rng, pixels.shape[:2])
        opacity = pixels[..., 3:].astype(np.float32) / 255
        mixed = pixels[..., :3] * opacity + levels * (1 - opacity)
        return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)
    color, noise, kind = GROUNDS[ground]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    levels = (pixels[..., :3] * alpha + 255 * (1 - alpha)) * (np.array(color, np.float32) / 255)
    if noise:
        levels += np.random.default_rng(seed).normal(0, noise, levels.shape).astype(np.float32)
    image = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    if kind == "PNG":
        return np.asarray(image)
    file = io.BytesIO()
    Image.fromarray(image[..., ::-1]).save(file, kind, quality=90 if kind == "JPEG" else 85)
    return np.asarray(Image.open(file).convert("RGB"))[..., ::-1]


def read_real(folder: Path, prefixes: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    """Yield names and BGRA pixels of transparent images, alpha cleaned of veils."""
    for file in sorted(folder.iterdir()):
        if file.name.startswith(prefixes):
            pixels = np.array(Image.open(file).convert("RGBA"))
            pixels[..., 3][pixels[..., 3] < 8] = 0
            pixels[..., 3][pixels[..., 3] > 247] = 255
            yield file.stem, pixels[..., [2, 1, 0, 3]]


@dataclass(frozen=True, slots=True)
class Area:
    """An enclosed area: its size in px, the truth, and what is decided about it."""

    image: str
    size: int
    subject: bool
    chance: float
    kept: bool


def judge_areas(name: str, image: Array, alpha: Array) -> Iterator[Area]:
    """Yield the areas that an image's subject encloses."""
    side = WORKING / max(image.shape[:2])
    size = (round(image.shape[1] * side), round(image.shape[0] * side))
    image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    alpha = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)) > 127
    background = estimate_background(image)
    regions = label_regions(background_like(color_distance(image, background.color), background))
    kept = ~holes.classify_holes(image, regions, background, HoleChoice()).is_background
    classes = predict_classes(image, background.color)
    means = classes.region_means(regions.labels, len(regions.stats))
    opaque = np.bincount(regions.labels.ravel(), alpha.ravel(), len(regions.stats))
    for number in regions.enclosed:
        area = int(regions.stats[number, cv2.CC_STAT_AREA])
        if area >= MIN_AREA:
            chance = float(means[number, [SUBJECT, SOFT]].sum())
            subject = bool(opaque[number] > area / 2)
            yield Area(name, area, subject, chance, bool(kept[number]))


def report_real(folder: Path, prefixes: tuple[str, ...], details: bool) -> Iterator[str]:
    """Yield a line for each background: shares of areas and of their pixels decided right."""
    found: dict[str, list[Area]] = {ground: [] for ground in GROUNDS}
    for number, (name, pixels) in enumerate(read_real(folder, prefixes)):
        for ground in GROUNDS:
            image = np.ascontiguousarray(on_background(pixels, ground, number))
            found[ground] += judge_areas(name, image, pixels[..., 3])
    for area in found["white"] if details else ():
        if area.size > 150 and area.subject != (area.chance >= 0.5):
            yield f"  {area}"
    for ground, areas in [*found.items(), ("all", list(chain(*found.values())))]:
        yield " | ".join([f"{ground:<12}{len(areas):>5} areas", *_compare(areas)])


def _compare(areas: list[Area]) -> Iterator[str]:
    """Yield what the network, today's rules and a simple rule get right and wrong."""
    size, subject = (np.array([getattr(a, key) for a in areas]) for key in ("size", "subject"))
    chance, kept = (np.array([getattr(a, key) for a in areas]) for key in ("chance", "kept"))
    rules = {f"network {t}": chance >= t for t in (0.35, 0.5, 0.65)}
    rules |= {"today": kept, "all kept": np.ones(len(areas), bool)}
    for name, decided in rules.items():
        right = decided == subject
        shares = [(size * mask).sum() / size.sum() for mask in (right, ~decided & subject)]
        yield f"{name}: {right.mean():.3f} of areas, {shares[0]:.3f} of px, eaten {shares[1]:.3f}"


def report_inside(folder: Path, prefixes: tuple[str, ...]) -> Iterator[str]:
    """Yield how sure the network is where the subject is, on plain and on studio backgrounds."""
    found: dict[str, list[tuple[float, ...]]] = {ground: [] for ground in (*GROUNDS, STUDIO)}
    for number, (_, pixels) in enumerate(read_real(folder, prefixes)):
        for ground, rows in found.items():
            image = np.ascontiguousarray(on_background(pixels, ground, number))
            color = estimate_background(image).color
            chance = predict_classes(image, color).probability(SUBJECT, SOFT, HOLE)
            alpha = cv2.resize(pixels[..., 3], chance.shape[::-1], interpolation=cv2.INTER_AREA)
            solid, empty = np.asarray(alpha) > 250, _outside(np.asarray(alpha))
            inside, outside = chance[solid], chance[empty]
            shares = ((inside < 0.25), (inside >= 0.75), (outside < 0.25), (outside >= 0.75))
            rows.append(tuple(100 * float(share.mean()) for share in shares))
    yield f"{'background':<12}    solid: below 0.25, from 0.75    outside: below 0.25, from 0.75"
    for ground, rows in found.items():
        yield f"{ground:<12}" + "".join(f"{value:>16.2f}" for value in np.mean(rows, axis=0))


def _outside(alpha: Array) -> Array:
    """Return a mask of what is empty and connected to the border."""
    empty = (alpha < 3).astype(np.uint8)
    padded = cv2.copyMakeBorder(empty, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    return np.asarray(padded[1:-1, 1:-1] == 2)


def report_scenes(folder: Path) -> Iterator[str]:
    """Yield a confusion matrix in percent of each true class, over weighted pixels."""
    matrix = np.zeros((len(CLASSES), len(CLASSES)))
    for file in sorted(folder.glob("*.npz")):
        with np.load(file) as data:
            shard = {key: data[key] for key in data.files}
        for number in range(SHARD):
            classes = predict_classes(shard["image"][number], shard["color"][number])
            pairs = shard["labels"][number].astype(int) * len(CLASSES) + classes.steps.argmax(
                axis=0
            )
            sure = shard["weights"][number] >= 8
            matrix += np.bincount(pairs[sure], minlength=matrix.size).reshape(matrix.shape)
    yield f"{'true':<12}" + "".join(f"{name:>12}" for name in CLASSES)
    for name, row in zip(CLASSES, 100 * matrix / matrix.sum(axis=1, keepdims=True), strict=True):
        yield f"{name:<12}" + "".join(f"{share:>12.2f}" for share in row)


def main() -> None:
    """Print the reports that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.network.evaluate", description=__doc__)
    parser.add_argument("--scenes", type=Path, help="written by generate --held-out")
    parser.add_argument("--real", type=Path, help="transparent images that models made")
    parser.add_argument("--prefixes", default="", help="of their names, joined by commas")
    parser.add_argument("--details", action="store_true", help="list large areas decided wrong")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.scenes:
        print("\n".join(report_scenes(options.scenes)))
    if options.real:
        prefixes = tuple(options.prefixes.split(","))
        print("\n".join(report_inside(options.real, prefixes)))
        print("\n".join(report_real(options.real, prefixes, options.details)))


if __name__ == "__main__":
    main()
