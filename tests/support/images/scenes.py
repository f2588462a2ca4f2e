"""Full scenes and photos: images whose subject is everything, from edge to edge."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[Any]

SIDE = 640


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _gradient(top: tuple[int, ...], bottom: tuple[int, ...], rows: int) -> Pixels:
    share = np.linspace(0, 1, rows)[:, None, None]
    colors = np.array(top, float) * (1 - share) + np.array(bottom, float) * share
    return np.broadcast_to(colors, (rows, SIDE, 3)).copy()


def clouds(power: float = 1.7, seed: int = 3) -> Image.Image:
    """Return noise whose spectrum falls like that of photos, in warm tones."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    weight = np.maximum(frequency, 1 / SIDE) ** -power
    planes = []
    for level in (170, 150, 120):
        spectrum = np.fft.rfft2(random.normal(size=(SIDE, SIDE))) * weight
        plane = np.fft.irfft2(spectrum, (SIDE, SIDE))
        planes.append(level + 45 * plane / plane.std())
    return _image(np.dstack(planes))


def landscape() -> Image.Image:
    """Return a sky over hills and a meadow, with a sun and a tree."""
    sky = _gradient((70, 130, 210), (200, 225, 240), SIDE // 2)
    meadow = _gradient((110, 160, 60), (50, 90, 30), SIDE - SIDE // 2)
    image = _image(np.vstack([sky, meadow]))
    pen = ImageDraw.Draw(image)
    pen.polygon([(0, 330), (150, 210), (330, 330)], fill=(90, 100, 120))
    pen.polygon([(230, 330), (480, 180), (640, 300), (640, 330)], fill=(110, 120, 140))
    pen.ellipse((470, 50, 540, 120), fill=(255, 235, 150))
    pen.rectangle((160, 330, 190, 470), fill=(80, 50, 30))
    pen.ellipse((90, 200, 260, 370), fill=(40, 110, 40))
    return image.filter(ImageFilter.GaussianBlur(1))


def room() -> Image.Image:
    """Return a wall, a floor, a window and a table, which touch all borders."""
    image = Image.new("RGB", (SIDE, SIDE), (205, 190, 165))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 430, 640, 640), fill=(120, 80, 50))
    for x in range(0, 640, 80):
        pen.line((x, 430, x - 60, 640), fill=(90, 60, 35), width=4)
    pen.rectangle((0, 60, 170, 330), fill=(150, 200, 235))
    pen.rectangle((480, 0, 640, 430), fill=(95, 70, 60))
    pen.rectangle((210, 380, 440, 400), fill=(60, 35, 20))
    pen.rectangle((230, 400, 250, 590), fill=(60, 35, 20))
    pen.rectangle((400, 400, 420, 590), fill=(60, 35, 20))
    grain = np.random.default_rng(5).normal(0, 2.0, (SIDE, SIDE, 3))
    return _image(np.asarray(image) + grain)


def city() -> Image.Image:
    """Return houses with windows in front of a sunset."""
    image = _image(_gradient((40, 30, 90), (250, 150, 80), SIDE))
    pen, random = ImageDraw.Draw(image), np.random.default_rng(8)
    for x in range(0, SIDE, 64):
        top = int(random.integers(120, 420))
        pen.rectangle(
            (x, top, x + 63, SIDE), fill=tuple(int(v) for v in random.integers(25, 80, 3))
        )
        for row in range(top + 12, SIDE - 12, 28):
            pen.rectangle((x + 12, row, x + 24, row + 14), fill=(250, 220, 120))
            pen.rectangle((x + 38, row, x + 50, row + 14), fill=(60, 60, 80))
    return image


def pattern() -> Image.Image:
    """Return a wallpaper of flowers that runs over all borders."""
    image = Image.new("RGB", (SIDE, SIDE), (235, 225, 200))
    pen = ImageDraw.Draw(image)
    for row, y in enumerate(range(-40, SIDE + 40, 70)):
        for x in range(-40 + 35 * (row % 2), SIDE + 40, 70):
            for dx, dy in ((-18, 0), (18, 0), (0, -18), (0, 18)):
                pen.ellipse(
                    (x + dx - 16, y + dy - 16, x + dx + 16, y + dy + 16), fill=(190, 60, 80)
                )
            pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=(240, 200, 70))
    return image


def fog() -> Image.Image:
    """Return trunks of trees that fade into fog."""
    image, random = _image(_gradient((200, 205, 210), (170, 175, 180), SIDE)), _random(1)
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        x, gray = (int(value) for value in (random.integers(0, 640), random.integers(90, 170)))
        width = int(random.integers(10, 30))
        pen.rectangle((x, 0, x + width, SIDE), fill=(gray, gray + 4, gray + 6))
    return image.filter(ImageFilter.GaussianBlur(2))


def table() -> Image.Image:
    """Return a plate on a wooden table, from above."""
    random = _random(6)
    grain = np.cumsum(random.normal(0, 1.2, (SIDE, 1)), axis=0) + random.normal(0, 4, (SIDE, SIDE))
    image = _image(np.dstack([150 + 2 * grain, 105 + 1.5 * grain, 70 + grain]))
    ImageDraw.Draw(image).ellipse((180, 180, 470, 470), fill=(240, 238, 232))
    return image


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def foliage() -> Image.Image:
    """Return leaves of many greens, without any background."""
    image, random = Image.new("RGB", (SIDE, SIDE), (30, 60, 25)), np.random.default_rng(2)
    pen = ImageDraw.Draw(image)
    for _ in range(1500):
        x, y = (int(v) for v in random.integers(-20, SIDE + 20, 2))
        width, height = (int(v) for v in random.integers(14, 50, 2))
        color = (int(random.integers(20, 120)), int(random.integers(80, 190)), 40)
        pen.ellipse((x, y, x + width, y + height), fill=color)
    return image
