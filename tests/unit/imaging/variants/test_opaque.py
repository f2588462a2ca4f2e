"""Originals that are rendered without being cut out."""

import io

from PIL import Image

from app import imaging
from app.imaging import Variant
from app.imaging.variants.variant import Format
from tests.support.images.sample_images import encoded, owl
from tests.support.tables import each_row

CUTOUT = imaging.cutout(
    encoded(owl()),
    provenance=imaging.Provenance(id="fox-1", source="trainedAlgorithmicMedia", model="painter"),
).png


@each_row("size, kind", [((640, 512), "webp"), ((256, 300), "png"), ((2048, 2048), "jpeg")])
def test_the_whole_image_is_in_the_middle(size: tuple[int, int], kind: Format) -> None:
    """The rest is white; format, size and provenance are those of the variant."""
    original = encoded(Image.new("RGB", (512, 512), (200, 0, 0)))
    variant = Variant(width=size[0], height=size[1], format=kind, quality=95)
    data = imaging.render_opaque(CUTOUT, original, variant)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.size, image.format) == (size, kind.upper())
        pixels = image.convert("RGB")
    side, (middle, center) = min(size), (size[0] // 2, size[1] // 2)
    red = pixels.getpixel((middle, center))
    assert isinstance(red, tuple)
    assert red[0] > 180
    assert max(red[1:]) < 30
    for x in (middle - side // 2 + 4, middle + side // 2 - 4):
        inside = pixels.getpixel((x, center))
        assert isinstance(inside, tuple)
        assert max(inside[1:]) < 30
    corner = pixels.getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert (min(corner) > 240) == (size[0] != size[1])
    assert b"fox-1" in data


def test_an_opaque_original_of_this_size_and_format_is_unchanged() -> None:
    """The very same bytes, with what they state of their origin; else it is laid on white."""
    original = encoded(owl(300, 260))
    variant = Variant(width=300, height=260)
    assert imaging.render_opaque(CUTOUT, original, variant) is original
    clear = encoded(Image.new("RGBA", (300, 260), (255, 0, 0, 0)))
    with Image.open(io.BytesIO(imaging.render_opaque(CUTOUT, clear, variant))) as image:
        assert image.convert("RGBA").getpixel((150, 130)) == (255, 255, 255, 255)
