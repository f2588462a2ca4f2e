"""Cut out the painter's own art, and measure what is eaten and left.

Run `python -m bench.holes.painter`: 99 everyday prompts and 300 others, on white, with and without
the prompt as evidence. None of them is in the training set. With `--hard` white parts have the
background's color; the painter as shipped paints them slightly darker.
"""

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from app import imaging
from app.imaging.cutout.options import CutoutOptions
from app.painter.palette import OFF_WHITE
from bench.holes import paintings
from bench.holes.table import Array

SIDE = 256  # px of the result
VISIBLE = 1.0  # percent of the subject from which damage counts
_LIMITS = (1.0, 3.0, 8.0)  # percent
_SOLID, _EMPTY = 0.98, 0.02  # opacity of pixels that are certain


@dataclass(frozen=True, slots=True)
class Damage:
    """What a cutout did wrong, in percent of the subject: `eaten` is missing, `left` too much."""

    eaten: float
    left: float


def compare(alpha: Array, truth: Array) -> Damage:
    """Compare opacities, 0..1, wherever the truth is certain."""
    subject = max(float(truth.sum()), 1.0)
    eaten = float((1 - alpha)[truth >= _SOLID].sum())
    left = float(alpha[truth <= _EMPTY].sum())
    return Damage(100 * eaten / subject, 100 * left / subject)


def measure(prompt: str, *, evidence: bool, white: str = OFF_WHITE) -> Damage:
    """Paint a prompt, cut it out, and compare with what was painted.

    Args:
        prompt: what to paint.
        evidence: whether the cutout knows the prompt.
        white: the color of white parts.
    """
    pixels = paintings.paint(prompt, white)
    clear = pixels[..., 3:].astype(np.float32) / 255
    levels = pixels[..., :3] * clear + 255 * (1 - clear)
    _, png = cv2.imencode(".png", np.rint(levels).astype(np.uint8))
    options = CutoutOptions(subject=prompt if evidence else "")
    result = imaging.cutout(png.tobytes(), size=SIDE, options=options)
    alpha = np.asarray(Image.open(io.BytesIO(result.png)).convert("RGBA"))[..., 3]
    truth = cv2.resize(clear[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return compare(alpha.astype(np.float32) / 255, np.asarray(truth))


def describe(label: str, damage: list[Damage]) -> str:
    """Return a line of the table."""

    def share(matches: Callable[[Damage], bool]) -> str:
        return f"{100 * sum(map(matches, damage)) / len(damage):11.1f}"

    cells = [share(lambda one, limit=limit: one.eaten > limit) for limit in _LIMITS]  # type: ignore[misc]
    cells.append(share(lambda one: one.left > VISIBLE))
    cells.append(share(lambda one: max(one.eaten, one.left) > VISIBLE))
    return f"{label:<28}{len(damage):>7}" + "".join(cells)


def main() -> None:
    """Print shares of images, in percent."""
    parser = argparse.ArgumentParser(prog="python -m bench.holes.painter", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th prompt")
    parser.add_argument(
        "--hard", action="store_true", help="white parts as white as the background"
    )
    parser.add_argument("--list", action="store_true", help="also print damaged images")
    options = parser.parse_args()
    white = paintings.BACKGROUND if options.hard else OFF_WHITE
    heads = (*(f"eaten > {limit:g}" for limit in _LIMITS), "left > 1", "either > 1")
    print(" " * 28 + f"{'images':>7}" + "".join(f"{head:>11}" for head in heads))
    groups = {"everyday": paintings.everyday_prompts(), "others": paintings.other_prompts()}
    for name, prompts in groups.items():
        chosen = prompts[:: options.every]
        for evidence in (False, True):
            damage = [measure(prompt, evidence=evidence, white=white) for prompt in chosen]
            label = f"{name}, {'with' if evidence else 'without'} the prompt"
            print(describe(label, damage), flush=True)
            for prompt, one in zip(chosen, damage, strict=True):
                if options.list and max(one.eaten, one.left) > VISIBLE:
                    print(f"    {prompt}: eaten {one.eaten:.1f}, left {one.left:.1f}")


if __name__ == "__main__":
    main()
