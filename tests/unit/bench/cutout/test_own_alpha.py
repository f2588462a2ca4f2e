"""Images with their own alpha: what is soft, what can't be judged, and how methods are scored."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.cutout.own_alpha import Sample, read_sample, score

RED = (200, 30, 20)


def save(folder: Path, *, alpha: NDArray[np.uint8], color: tuple[int, int, int] = RED) -> Sample:
    """Save an image of one color with this alpha, and read it."""
    pixels = np.dstack([np.full((*alpha.shape, 3), color, np.uint8), alpha])
    file = folder / "image.png"
    Image.fromarray(pixels).save(file)
    return read_sample(file)


def square(*, veil: int = 0) -> NDArray[np.uint8]:
    """Return the alpha of a square above a veil of this opacity."""
    alpha = np.full((512, 512), 3, np.uint8)
    alpha[128:320, 128:384] = 252
    alpha[320:400, 128:384] = veil
    return alpha


def test_levels_that_models_leave_count_as_clear_and_solid(tmp_path: Path) -> None:
    """A veil of 3 becomes 0, and 252 becomes 255."""
    image = save(tmp_path, alpha=square()).image
    assert image[10, 10, 3] == 0
    assert image[200, 200, 3] == 1


def test_a_wide_veil_is_soft(tmp_path: Path) -> None:
    """It may be kept or removed: there is a truth for each."""
    sharp, soft = save(tmp_path, alpha=square()), save(tmp_path, alpha=square(veil=90))
    assert sharp.share == 0
    assert len(list(sharp.truths())) == 1
    assert soft.share == pytest.approx(80 / 272, abs=0.01)
    with_veil, without = soft.truths()
    assert with_veil.references[0][180, 128, 3] == pytest.approx(90 / 255, abs=0.01)
    assert without.references[0][180, 128, 3] == 0


def test_white_that_runs_into_the_background_is_merged(tmp_path: Path) -> None:
    """No result can be right for it."""
    assert save(tmp_path, alpha=square()).merged == 0
    assert save(tmp_path, alpha=square(), color=(250, 250, 250)).merged > 0.9


def test_a_background_tints_the_whole_image(tmp_path: Path) -> None:
    """The subject gets its tint in the file and in the truth."""
    sample = save(tmp_path, alpha=square(), color=(255, 255, 0)).tinted("254")
    image = Image.open(io.BytesIO(sample.on("254"))).convert("RGB")
    assert image.getpixel((3, 3)) == (254, 254, 254)
    assert image.getpixel((200, 200)) == (254, 254, 0)
    reference = next(sample.truths()).references[0]
    assert reference[100, 100] == pytest.approx([254, 254, 0, 1], abs=0.01)


def test_the_true_cutout_scores_best_with_and_without_its_veil(tmp_path: Path) -> None:
    """The nearer truth counts; an opaque plate instead of the veil does not pass."""
    soft = save(tmp_path, alpha=square(veil=90))
    cutouts = []
    for veil in (90, 0, 255):
        alpha = square(veil=veil)
        alpha[alpha < 8] = 0
        pixels = np.dstack([np.full((512, 512, 3), RED, np.uint8), alpha])
        file = io.BytesIO()
        Image.fromarray(pixels).resize((256, 256), Image.Resampling.BOX).save(file, "PNG")
        cutouts.append(file.getvalue())

    def psnr(png: bytes) -> float:
        return float(score([soft], lambda _: png, ["white"])[0]["psnr"])

    kept, removed, opaque = map(psnr, cutouts)
    assert kept > 35
    assert removed > 35
    assert opaque < 25
