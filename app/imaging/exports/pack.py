"""Make packs: ZIP files with all that a store or a platform asks for."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from app.imaging.exports.archive import zip_files
from app.imaging.exports.export import Export
from app.imaging.exports.fitting import encode_file
from app.imaging.exports.ico import encode_ico
from app.imaging.exports.icon import reduce_to_icon
from app.imaging.exports.placing import place
from app.imaging.exports.rules import FileRule, pack_rule
from app.imaging.formats.png_writer import encode_png
from app.imaging.variants.values import Color

Array = npt.NDArray[Any]

DEFAULT_NAME = "My app"

# Types of ICNS elements with PNG data, by side; 32 to 1024 px are also two pixels a point.
_ICNS_TYPES = {
    16: (b"icp4",),
    32: (b"icp5", b"ic11"),
    64: (b"icp6", b"ic12"),
    128: (b"ic07",),
    256: (b"ic08", b"ic13"),
    512: (b"ic09", b"ic14"),
    1024: (b"ic10",),
}


def make_pack(image: Array, export: Export, xmp: bytes) -> bytes:
    """Return the ZIP file of a pack; equal images give equal bytes.

    Args:
        image: (side, side, 4) uint8 RGBA, straight alpha: the cutout, as large as possible.
        export: the kind of pack, and the background of its opaque files.
        xmp: the packet that states the provenance, for files that have room for it.
    """
    if not export.is_pack or export.kind == "palette":
        raise ValueError(f"no pack: {export.kind}")
    rule = pack_rule(export.kind)
    files = {each.path: _file(image, each, export.background, xmp) for each in rule.files}
    name = export.name or DEFAULT_NAME
    texts = {each.path: each.text(export.background, name).encode() for each in rule.texts}
    return zip_files(files | texts)


def _file(image: Array, rule: FileRule, background: Color, xmp: bytes) -> bytes:
    if rule.format == "ico":
        return encode_ico([reduce_to_icon(image, side) for side in rule.sides])
    if rule.format == "icns":
        return _icns([reduce_to_icon(image, side) for side in rule.sides])
    return encode_file(place(image, rule, background), rule, xmp)


def _icns(images: Sequence[Array]) -> bytes:
    """Encode square images as an Apple icon, each as PNG."""
    elements = b""
    for image in images:
        data = encode_png(image, level=6)
        for name in _ICNS_TYPES[len(image)]:
            elements += name + struct.pack(">I", 8 + len(data)) + data
    return b"icns" + struct.pack(">I", 8 + len(elements)) + elements
