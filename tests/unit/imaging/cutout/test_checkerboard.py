"""A painted checkerboard is background, also in holes; plain white parts are subject."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from app.imaging.cutout.checkerboard import find_checkerboard
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.options import AUTOMATIC
from app.imaging.formats.header import read_file
from tests.support.images.sample_images import encoded, pixels
from tests.support.tables import each_row

Tones = tuple[int, int]
RED = (200, 60, 30)
MODELS = (254, 238)


def checkerboard(tones: Tones = MODELS, cell: int = 20) -> Image.Image:
    """Return a checkerboard of 1024 px."""
    y, x = np.mgrid[0:1024, 0:1024] // cell
    gray = np.where((x + y) % 2, *tones).astype(np.uint8)
    return Image.fromarray(np.repeat(gray[..., None], 3, axis=2))


def ring_and_page(tones: Tones = MODELS, cell: int = 20) -> Image.Image:
    """Return a ring and an outlined white page on a checkerboard."""
    canvas = checkerboard(tones, cell)
    mask = Image.new("L", canvas.size)
    ImageDraw.Draw(mask).ellipse((100, 100, 500, 500), outline=255, width=70)
    canvas.paste(RED, mask=mask)
    ImageDraw.Draw(canvas).rectangle((600, 500, 900, 900), "white", outline=(30, 30, 60), width=16)
    return canvas


def check(alpha: NDArray[Any]) -> None:
    """Check the alpha of the ring and the page, at any size."""
    scale = len(alpha) / 1024
    clear = ((20, 20), (300, 700), (300, 300), (1000, 1000))
    opaque = ((135, 300), (700, 600), (800, 850))
    assert [alpha[int(y * scale), int(x * scale)] for x, y in clear] == [0] * 4
    assert [alpha[int(y * scale), int(x * scale)] for x, y in opaque] == [255] * 3


@each_row("cell", [14, 20, 40, 64])
@each_row("tones", [MODELS, (255, 204), (190, 150)])
def test_a_painted_checkerboard_is_background(tones: Tones, cell: int) -> None:
    """Both tones go, in a hole, too; a white page stays, with its own colors."""
    result = pixels(imaging.cutout(encoded(ring_and_page(tones, cell))).png)
    check(result[..., 3])
    assert result[150, 187].tolist() == [255, 255, 255, 255]
    assert result[75, 34].tolist() == [*RED, 255]


def test_larger_sizes_show_the_same() -> None:
    """The pattern is removed from the larger image as from the small one."""
    image, _ = cut_out_large(read_file(encoded(ring_and_page())), size=1024, options=AUTOMATIC)
    check(image[..., 3])
    assert (image[..., 3][:90] > 8).mean() < 0.001


def test_a_compressed_checkerboard_is_background() -> None:
    """The noise of a JPEG doesn't hide the pattern."""
    data = encoded(ring_and_page(), "JPEG", quality=85)
    check(pixels(imaging.cutout(data).png)[..., 3])


def test_a_colored_pattern_is_no_background() -> None:
    """A tablecloth in two colors is a full scene, and is kept whole."""
    cloth = np.asarray(checkerboard((250, 90), 32)).copy()
    cloth[..., 1:] //= 2
    assert (pixels(imaging.cutout(encoded(Image.fromarray(cloth))).png)[..., 3] == 255).all()


def test_a_noisy_vignette_is_no_checkerboard() -> None:
    """Noise around the middle of a gradient's tones changes often, but not evenly."""
    y, x = np.mgrid[-1:1:1024j, -1:1:1024j]
    noise = np.random.default_rng(5).normal(0, 1, (1024, 1024, 3))
    gray = 236 - 14 * (x * x + y * y)[..., None] + noise
    image = np.clip(gray, 0, 255).astype(np.uint8)
    assert find_checkerboard(image[::2, ::2]) is None
    assert find_checkerboard(np.asarray(checkerboard().resize((512, 512)))) is not None
