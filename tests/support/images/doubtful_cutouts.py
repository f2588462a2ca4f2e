"""Images for tests of the verdict: plain, doubtful and hopeless ones."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

ImageFactory = Callable[[], Image.Image]
SUBJECT = (200, 60, 30)


def blank(
    background: tuple[int, int, int] = (255, 255, 255),
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an image of one color, and a pen for it."""
    canvas = Image.new("RGB", (512, 512), background)
    return canvas, ImageDraw.Draw(canvas)


def disc() -> Image.Image:
    """Return a disc in the center, the plainest subject."""
    canvas, pen = blank()
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def ring(thickness: int) -> Image.Image:
    """Return a ring whose hole might also be a white part of the subject."""
    canvas, pen = blank()
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    inner = (100 + thickness, 100 + thickness, 411 - thickness, 411 - thickness)
    pen.ellipse(inner, fill="white")
    return canvas


def clipped() -> Image.Image:
    """Return a subject that covers much of the image's border."""
    canvas, pen = blank()
    pen.rectangle((0, 0, 511, 140), fill=SUBJECT)
    return canvas


def noisy() -> Image.Image:
    """Return a disc on a background with much noise."""
    grain = np.random.default_rng(2).normal(0, 4, (512, 512, 3))
    values = np.asarray(disc()).astype(float) - 12 + grain
    return Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8))


def pale() -> Image.Image:
    """Return a disc that is hardly darker than the background."""
    canvas, pen = blank()
    pen.ellipse((120, 120, 390, 390), fill=(238, 238, 240))
    pen.ellipse((220, 220, 290, 290), fill=SUBJECT)
    return canvas


def cracked() -> Image.Image:
    """Return a vessel, white inside, that is open through a crack."""
    canvas, pen = blank()
    pen.ellipse((100, 100, 411, 411), fill="white", outline=SUBJECT, width=30)
    pen.rectangle((254, 90, 257, 140), fill="white")
    return canvas


def shadowed() -> Image.Image:
    """Return a disc with a soft shadow below it."""
    shadow = Image.new("L", (512, 512))
    ImageDraw.Draw(shadow).ellipse((130, 320, 400, 420), fill=110)
    canvas, pen = blank()
    canvas.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(20)))
    pen.ellipse((150, 100, 362, 350), fill=SUBJECT)
    return canvas


def shadowed_ring() -> Image.Image:
    """Return a ring with a soft shadow, which also falls on the background in its hole."""
    shadow = Image.new("L", (512, 512))
    ImageDraw.Draw(shadow).ellipse((110, 130, 400, 430), outline=130, width=70)
    canvas, pen = blank()
    canvas.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(16)))
    pen.ellipse((110, 110, 400, 400), outline=SUBJECT, width=40)
    return canvas


def on_cream() -> Image.Image:
    """Return a ring on off-white whose hole has the same color, as a white part may have."""
    canvas, pen = blank((252, 252, 252))
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    pen.ellipse((180, 180, 331, 331), fill=(252, 252, 252))
    return canvas


def fragmented() -> Image.Image:
    """Return a disc among many tiny dots."""
    canvas = disc()
    pen = ImageDraw.Draw(canvas)
    for x in range(20, 500, 40):
        pen.ellipse((x, 40, x + 4, 44), fill=SUBJECT)
    return canvas


def nearly_full() -> Image.Image:
    """Return a subject that leaves only a thin margin of background."""
    canvas, pen = blank()
    pen.rectangle((6, 6, 505, 505), fill=SUBJECT)
    return canvas


def tiny() -> Image.Image:
    """Return a dot on a large background."""
    canvas, pen = blank()
    pen.ellipse((240, 240, 275, 275), fill=SUBJECT)
    return canvas


def on_blue() -> Image.Image:
    """Return a disc on a pale color."""
    canvas, pen = blank((170, 200, 240))
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def transparent() -> Image.Image:
    """Return an image that is cut out already."""
    image = disc().convert("RGBA")
    alpha = Image.new("L", (1024, 1024))
    ImageDraw.Draw(alpha).ellipse((200, 200, 824, 824), fill=255)
    image.putalpha(alpha.reduce(2))
    return image


def photo() -> Image.Image:
    """Return noise from edge to edge."""
    grain = np.random.default_rng(1).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def invisible() -> Image.Image:
    """Return an image that is fully transparent."""
    return Image.new("RGBA", (512, 512), (*SUBJECT, 0))
