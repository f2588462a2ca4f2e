"""From the stored image to a variant, in the order that `Variant` promises."""

from collections.abc import Callable

from app.imaging.formats.xmp import packet_in
from app.imaging.variants import effects, geometry, layers, source
from app.imaging.variants.encode import encoded
from app.imaging.variants.variant import Variant


def render_variant(image: bytes, original: Callable[[], bytes], variant: Variant) -> bytes:
    """See `app.imaging.render_variant`."""
    square = source.square(image, original, variant)
    pixels = geometry.framed(square, variant)
    pixels = effects.adjusted(pixels, variant)
    for each in variant.filters:
        pixels = effects.filtered(pixels, each)
    return encoded(layers.laid(pixels, variant), variant, packet_in(image))
