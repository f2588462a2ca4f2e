"""The cutout and its peers: from a file to a 256x256 RGBA PNG.

The peers share decoder, final resize and encoder (Pillow, as is usual), so that only the cutout
differs. ImageMagick does everything by itself.
"""

import contextlib
import io
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.cutout.artwork import Pixels
from bench.cutout.truth import OUT, Mask, fit_window

Cut = Callable[[bytes], bytes]


class NotInstalled(Exception):
    """A method's program or package isn't installed."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to cut out.

    Attributes:
        label: for tables.
        make: loads what the method needs.
        step: a slow method runs on one in `step` images.
    """

    label: str
    make: Callable[[], Cut]
    step: int = 1


def png(image: Image.Image) -> bytes:
    """Encode with Pillow's defaults."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _ours() -> Cut:
    from app import imaging

    return lambda data: imaging.cutout(data).png


def _naive() -> Cut:
    def cut(data: bytes) -> bytes:
        pixels = np.array(_open(data).convert("RGBA"))
        pixels[(pixels[..., :3] > 240).all(axis=2), 3] = 0
        return _finish(Image.fromarray(pixels))

    return cut


def _pillow() -> Cut:
    def cut(data: bytes) -> bytes:
        image = _open(data).convert("RGBA")
        right, bottom = image.width - 1, image.height - 1
        for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
            ImageDraw.floodfill(image, corner, (255, 255, 255, 0), thresh=30)
        return _finish(image)

    return cut


def _opencv() -> Cut:
    def cut(data: bytes) -> bytes:
        color = np.asarray(_open(data).convert("RGB"))
        alpha = np.where(_flood_fill(color), 0, 255).astype(np.uint8)
        return _finish(Image.fromarray(np.dstack([color, alpha])))

    return cut


def _imagemagick() -> Cut:
    program = _magick_program()
    flood = "-bordercolor white -border 1 -fuzz 5% -fill none -draw".split()
    fit = f"-shave 1x1 +repage -background none -resize {OUT}x{OUT} -extent".split()
    command = [program, "-", "-alpha", "set", *flood, "color 0,0 floodfill", *fit]
    environment = {**os.environ, "MAGICK_THREAD_LIMIT": "1"}

    def cut(data: bytes) -> bytes:
        # Its own centering rounds differently, which would count as a shift of one pixel.
        left, top, _, _ = fit_window(*_open(data).size)
        end = [f"{OUT}x{OUT}-{left}-{top}", "png32:-"]
        done = subprocess.run(
            command + end, input=data, stdout=subprocess.PIPE, check=True, env=environment
        )
        return done.stdout

    return cut


def _magick_program() -> str:
    """Find ImageMagick; other programs are called `convert` as well."""
    for name in ("magick", "convert-im6.q16", "convert"):  # the second is Debian's own name
        for folder in os.get_exec_path():
            program = shutil.which(name, path=folder)
            if program:
                version = subprocess.run([program, "-version"], capture_output=True, check=False)
                if version.stdout.startswith(b"Version: ImageMagick"):
                    return program
    raise NotInstalled("neither `magick` nor ImageMagick's `convert` is installed")


def _pymatting() -> Cut:
    try:
        import pymatting
    except ImportError as error:
        raise NotInstalled(f"the package {error.name} is not installed") from error
    return lambda data: _solve_matte(_open(data).convert("RGB"), pymatting)


def _solve_matte(image: Image.Image, pymatting: Any) -> bytes:
    """Solve for alpha at 512 pixels, with a trimap from the flood fill."""
    full_size = image.size
    image.thumbnail((2 * OUT, 2 * OUT), Image.Resampling.BOX)
    color = np.asarray(image)
    background = _flood_fill(color)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    unknown = cv2.dilate(background.astype(np.uint8), kernel) > 0
    trimap = np.where(background, 0.0, np.where(unknown, 0.5, 1.0))
    image_color, alpha = color / 255.0, trimap
    if (trimap == 0.5).any():
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its solver's progress
            alpha = pymatting.estimate_alpha_cf(image_color, trimap)
    subject = pymatting.estimate_foreground_ml(image_color, alpha)
    pixels = np.rint(np.dstack([subject, alpha]).clip(0, 1) * 255).astype(np.uint8)
    return _finish(Image.fromarray(pixels), full_size)


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _flood_fill(color: Pixels, tolerance: int = 12) -> Mask:
    """Return the mask of a flood fill from a white frame around the image."""
    padded = cv2.copyMakeBorder(color, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,) * 3)
    mask = np.zeros((padded.shape[0] + 2, padded.shape[1] + 2), np.uint8)
    flags = 4 | 255 << 8 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(padded, mask, (0, 0), 0, (tolerance,) * 3, (tolerance,) * 3, flags)
    return np.asarray(mask[2:-2, 2:-2] > 0)


def _finish(image: Image.Image, full_size: tuple[int, int] | None = None) -> bytes:
    left, top, width, height = fit_window(*(full_size or image.size))
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    if (width, height) != (OUT, OUT):
        canvas = Image.new("RGBA", (OUT, OUT))
        canvas.paste(small, (left, top))
        small = canvas
    return png(small)


METHODS = {
    "ours": Method("ours", _ours),
    "naive": Method("threshold, NumPy", _naive),
    "pillow": Method("Pillow floodfill", _pillow, step=16),
    "opencv": Method("OpenCV floodFill", _opencv),
    "imagemagick": Method("ImageMagick flood", _imagemagick, step=4),
    "pymatting": Method("PyMatting closed form", _pymatting, step=6),
}
