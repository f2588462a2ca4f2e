"""ICC profiles, and their colors in sRGB, from the same matrices."""

import struct

import numpy as np
from numpy.typing import NDArray

GAMMA = 2.2

# Primaries of Display P3 and of sRGB, as XYZ of red, green and blue adapted to D50.
_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
_SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
_D50 = (0.9642, 1.0, 0.8249)


def wide_gamut() -> bytes:
    """Return an ICC profile, version 2, with the primaries of Display P3 and a plain gamma."""
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), _P3.T, strict=True)
    tags = {name: _xyz(*column) for name, column in columns}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(GAMMA)))


def linear_gray() -> bytes:
    """Return an ICC profile, version 2, of gray levels that are linear in light."""
    return _profile(b"GRAY", {b"kTRC": _curve(1.0)})


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH2x", 1, round(gamma * 256))


def _profile(space: bytes, special: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(*_D50),
        **special,
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x12s48x", at + len(body), b"lcms", 0x02400000, b"mntr", space,
        b"XYZ ", b"acsp", _xyz(*_D50)[8:],
    )  # fmt: skip
    return head + struct.pack(">I", len(tags)) + table + body


def in_srgb(color: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the sRGB levels of a color in the wide gamut."""
    light = (np.array(color) / 255) ** GAMMA
    return encode_srgb(np.linalg.solve(_SRGB, _P3 @ light))


def encode_srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sRGB levels of amounts of light, 0..1."""
    linear = np.clip(light, 0, 1)
    share = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(share * 255)


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))
