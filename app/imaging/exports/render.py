"""Make the exports of a stored image."""

from collections.abc import Callable

from app.imaging.cutout.options import VariantSource
from app.imaging.exports.export import Export
from app.imaging.exports.palette import palette_document
from app.imaging.variants.render import load_square
from app.imaging.variants.variant import Variant


def render_export(image: bytes, source: Callable[[], VariantSource], export: Export) -> bytes:
    """Make an export; see `app.imaging.render_variant`."""
    if export.kind != "palette":
        raise ValueError(f"unknown export: {export.kind}")
    return palette_document(load_square(image, source, Variant()))
