"""Images for the verdict on a cutout: plain ones, doubtful ones, hopeless ones."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

GeneratedImage = Callable[[], Image.Image]
SUBJECT = (200, 60, 30)


def page(
    *, paper: tuple[int, int, int] = (255, 255, 255)
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty page and a pen."""
    canvas = Image.new("RGB", (512, 512), paper)
    return canvas, ImageDraw.Draw(canvas)


def disc() -> Image.Image:
    """Draw a disc in the middle: nothing could be plainer."""
    canvas, pen = page()
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def ring(thick: int) -> Image.Image:
    """Draw a ring whose hole might as well be white paint."""
    canvas, pen = page()
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    pen.ellipse((100 + thick, 100 + thick, 411 - thick, 411 - thick), fill="white")
    return canvas


def run_off() -> Image.Image:
    """Draw a subject that covers much of the image's border."""
    canvas, pen = page()
    pen.rectangle((0, 0, 511, 140), fill=SUBJECT)
    return canvas


def uneven() -> Image.Image:
    """Draw a disc on paper with much noise."""
    grain = np.random.default_rng(2).normal(0, 4, (512, 512, 3))
    values = np.asarray(disc()).astype(float) - 12 + grain
    return Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8))


def pale() -> Image.Image:
    """Draw a disc that is hardly darker than the paper."""
    canvas, pen = page()
    pen.ellipse((120, 120, 390, 390), fill=(238, 238, 240))
    pen.ellipse((220, 220, 290, 290), fill=SUBJECT)
    return canvas


def bottle() -> Image.Image:
    """Draw a vessel, white inside, that is open through a crack."""
    canvas, pen = page()
    pen.ellipse((100, 100, 411, 411), fill="white", outline=SUBJECT, width=30)
    pen.rectangle((254, 90, 257, 140), fill="white")
    return canvas


def shaded() -> Image.Image:
    """Draw a disc with a soft shadow beneath."""
    shade = Image.new("L", (512, 512))
    ImageDraw.Draw(shade).ellipse((130, 320, 400, 420), fill=110)
    canvas, pen = page()
    canvas.paste((0, 0, 0), mask=shade.filter(ImageFilter.GaussianBlur(20)))
    pen.ellipse((150, 100, 362, 350), fill=SUBJECT)
    return canvas


def shaded_ring() -> Image.Image:
    """Draw a ring with a soft shadow, which falls on the paper in its hole too."""
    shade = Image.new("L", (512, 512))
    ImageDraw.Draw(shade).ellipse((110, 130, 400, 430), outline=130, width=70)
    canvas, pen = page()
    canvas.paste((0, 0, 0), mask=shade.filter(ImageFilter.GaussianBlur(16)))
    pen.ellipse((110, 110, 400, 400), outline=SUBJECT, width=40)
    return canvas


def on_cream() -> Image.Image:
    """Draw a ring on paper off white, whose inside has that color: as white paint may, too."""
    canvas, pen = page(paper=(252, 252, 252))
    pen.ellipse((100, 100, 411, 411), fill=SUBJECT)
    pen.ellipse((180, 180, 331, 331), fill=(252, 252, 252))
    return canvas


def crumbled() -> Image.Image:
    """Draw a disc among many tiny dots."""
    canvas = disc()
    pen = ImageDraw.Draw(canvas)
    for place in range(20, 500, 40):
        pen.ellipse((place, 40, place + 4, 44), fill=SUBJECT)
    return canvas


def nearly_full() -> Image.Image:
    """Draw a subject that leaves a thin margin of paper only."""
    canvas, pen = page()
    pen.rectangle((6, 6, 505, 505), fill=SUBJECT)
    return canvas


def tiny() -> Image.Image:
    """Draw a dot on a large page."""
    canvas, pen = page()
    pen.ellipse((240, 240, 275, 275), fill=SUBJECT)
    return canvas


def on_blue() -> Image.Image:
    """Draw a disc on one pale color."""
    canvas, pen = page(paper=(170, 200, 240))
    pen.ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def see_through() -> Image.Image:
    """Return an image that somebody has cut out already."""
    image = disc().convert("RGBA")
    image.putalpha(Image.radial_gradient("L").resize((512, 512)))
    return image


def photo() -> Image.Image:
    """Return noise from edge to edge."""
    grain = np.random.default_rng(1).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def nothing_visible() -> Image.Image:
    """Return an image that is transparent all over."""
    return Image.new("RGBA", (512, 512), (*SUBJECT, 0))
