"""Make the exports of a stored image."""

from collections.abc import Callable

from app.imaging.cutout.options import VariantSource
from app.imaging.exports.export import Export
from app.imaging.exports.pack import make_pack
from app.imaging.exports.palette import palette_document
from app.imaging.formats.xmp import read_packet
from app.imaging.variants.render import load_square
from app.imaging.variants.variant import Variant

_PACK_SIDE = 1024  # px, of the cutout that packs are made from


def render_export(image: bytes, source: Callable[[], VariantSource], export: Export) -> bytes:
    """Make an export; see `app.imaging.render_variant`."""
    if export.is_pack:
        cutout = load_square(image, source, Variant(width=_PACK_SIDE, height=_PACK_SIDE))
        return make_pack(cutout, export, read_packet(image))
    return palette_document(load_square(image, source, Variant()))
