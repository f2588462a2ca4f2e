"""Make the exports of a stored image."""

from collections.abc import Callable

from app.imaging.cutout.options import VariantSource
from app.imaging.exports.export import Export
from app.imaging.exports.pack import make_pack
from app.imaging.exports.palette import palette_document
from app.imaging.formats.header import read_header
from app.imaging.formats.xmp import read_packet
from app.imaging.variants.render import load_square
from app.imaging.variants.variant import Variant

_MIN_SIDE, _MAX_SIDE = 1024, 2048  # px, of the cutout that packs are made from


def render_export(image: bytes, source: Callable[[], VariantSource], export: Export) -> bytes:
    """Make an export; see `app.imaging.render_variant`."""
    if export.is_pack:
        original = source()
        side = _pack_side(original.data)
        cutout = load_square(image, lambda: original, Variant(width=side, height=side))
        return make_pack(cutout, export, read_packet(image))
    return palette_document(load_square(image, source, Variant()))


def _pack_side(original: bytes) -> int:
    """Return the original's longer side, as the subject may be a small part of it."""
    header = read_header(original)
    return max(_MIN_SIDE, min(_MAX_SIDE, max(header.width, header.height)))
