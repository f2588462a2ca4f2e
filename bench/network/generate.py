"""Write scenes to files, again and again: `python -m bench.network.generate FOLDER`."""

import argparse
from pathlib import Path

import cv2
import numpy as np

from app.imaging.cutout.background import estimate_background
from bench.network import drawings, sources
from bench.network.scenes import make_scene

SHARD = 64  # scenes in a file
MAX_SHARDS = 220  # older files are overwritten
WEIGHT_STEPS = 16  # weights are stored as multiples of a sixteenth


def write_shard(library: drawings.Library, file: Path, seed: int, held_out: bool = False) -> None:
    """Write SHARD scenes."""
    rng = np.random.default_rng(seed)
    scenes = [make_scene(library, rng, held_out) for _ in range(SHARD)]
    colors = [estimate_background(scene.image).color for scene in scenes]
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.savez(
            out,
            image=np.stack([scene.image for scene in scenes]),
            labels=np.stack([scene.labels for scene in scenes]),
            weights=np.stack(
                [np.clip(scene.weights * WEIGHT_STEPS, 0, 255).astype(np.uint8) for scene in scenes]
            ),
            color=np.stack(colors),
        )
    part.replace(file)


def main() -> None:
    """Write until stopped, or a number of files."""
    parser = argparse.ArgumentParser(prog="python -m bench.network.generate", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=int, default=1, help="first seed")
    parser.add_argument("--step", type=int, default=1, help="of the seeds")
    parser.add_argument("--count", type=int, default=10**6, help="files to write")
    parser.add_argument("--held-out", action="store_true", help="from the set never trained on")
    parser.add_argument("--real", type=Path, help="a folder of transparent images to include")
    parser.add_argument("--exclude", type=Path, help="a file of source:name lines to leave out")
    parser.add_argument("--without", default="", help="prefix of their names to leave out")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    extra = read_real(options.real, options.without) if options.real else []
    excluded = set(options.exclude.read_text("utf-8").split()) if options.exclude else set()
    library = drawings.Library(sources.STORE, extra, excluded)
    for number in range(options.count):
        seed = options.start + options.step * number
        file = options.folder / f"{seed % MAX_SHARDS:04}.npz"
        write_shard(library, file, seed, options.held_out)


def read_real(folder: Path, without: str) -> list[drawings.Array]:
    """Read transparent images that a model made; see README.md."""
    files = sorted(folder.glob("*.webp")) + sorted(folder.glob("*.png"))
    chosen = [f for f in files if not (without and f.name.startswith(without))]
    return [drawings.png_pixels(file.read_bytes()) for file in chosen]


if __name__ == "__main__":
    main()
