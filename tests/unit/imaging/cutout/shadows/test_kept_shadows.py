"""With `shadow=keep`, a shadow is partial opacity that shows the original on its background."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from app.imaging.variants.variant import Variant
from tests.support.images.sample_images import encoded

KEEP = imaging.CutoutOptions(shadow="keep")
BODY = (300, 200, 724, 700)


def shadowed() -> Image.Image:
    """Return a disc on a soft shadow, on near-white."""
    shadow = Image.new("L", (1024, 1024))
    ImageDraw.Draw(shadow).ellipse((260, 640, 800, 840), fill=110)
    canvas = Image.new("RGB", (1024, 1024), (254, 254, 254))
    canvas.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(40)))
    ImageDraw.Draw(canvas).ellipse(BODY, fill=(200, 60, 30))
    return canvas


@pytest.mark.parametrize("side", [256, 512])
def test_the_shadow_shows_the_original_on_its_background(side: int) -> None:
    """Laid on the original's background, the result shows the original, at every size."""
    data = encoded(shadowed())
    plain = imaging.cutout(data, options=KEEP).png
    variant = Variant(width=side, height=side)
    source = imaging.VariantSource(data, KEEP)
    file = plain if side == 256 else imaging.render_variant(plain, lambda: source, variant)
    layer = Image.open(io.BytesIO(file)).convert("RGBA")
    below = Image.new("RGBA", layer.size, (254, 254, 254, 255))
    below.alpha_composite(layer)
    found = np.asarray(below.convert("RGB")).astype(int)
    expected = np.asarray(shadowed().resize(layer.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(found - expected).mean() <= 1
    assert np.percentile(np.abs(found - expected), 99) <= 14


def test_the_shadow_is_black_and_partly_opaque() -> None:
    """Below the subject alpha is that of the shadow; by default nothing is left there."""
    data = encoded(shadowed())
    kept = np.asarray(Image.open(io.BytesIO(imaging.cutout(data, options=KEEP).png)))
    assert 60 < kept[185, 128, 3] < 115
    assert kept[185, 128, :3].max() <= 6
    cut = np.asarray(Image.open(io.BytesIO(imaging.cutout(data).png)))
    assert cut[185, 128, 3] == 0
    assert kept[100, 128].tolist() == cut[100, 128].tolist() == [200, 60, 30, 255]
