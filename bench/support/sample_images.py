"""The image that the measurements generate and serve: of the size that a real model sends."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1024


def bought() -> bytes:
    """Return a 1024x1024 PNG of about 1.65 MB, always the same: grainy paint on clean white.

    What makes a model's image large is the fine grain of its paint, so that is what it has.
    """
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
    painted = np.where(soft.min(axis=2, keepdims=True) < 250, soft + grain, soft)
    out = io.BytesIO()
    Image.fromarray(np.clip(painted, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()
