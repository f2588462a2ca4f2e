"""Images with the file size of an image model's: fine grain is what makes those large."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1024


def model_image() -> bytes:
    """Return a deterministic 1024x1024 PNG of about 1.65 MB: a grainy face on clean white."""
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((60, 110, 964, 990), fill="#c4572e")
    pen.polygon([(200, 300), (240, 60), (430, 180)], fill="#8f3b1d")
    pen.polygon([(824, 300), (784, 60), (594, 180)], fill="#8f3b1d")
    pen.ellipse((300, 330, 480, 510), fill="white")
    pen.ellipse((544, 330, 724, 510), fill="white")
    pen.ellipse((360, 390, 420, 450), fill="#20262e")
    pen.ellipse((604, 390, 664, 450), fill="#20262e")
    pen.rounded_rectangle((380, 640, 644, 760), 50, fill="#f2d3b1")
    soft = np.asarray(canvas.filter(ImageFilter.GaussianBlur(1.2))).astype(np.int16)
    grain = np.random.default_rng(5).normal(0, 28, soft.shape)
    values = np.where(soft.min(axis=2, keepdims=True) < 250, soft + grain, soft)
    return _encode(np.clip(values, 0, 255))


def add_grain(png: bytes) -> bytes:
    """Return an image with grain on its subject, which makes the file as large as a model's."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.float64)
    grain = np.random.default_rng(1).normal(0, 3, pixels.shape)
    pixels += grain * (pixels.min(axis=2, keepdims=True) < 250)
    return _encode(np.clip(np.rint(pixels), 0, 255))


def _encode(values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> bytes:
    out = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()
