"""Decode a PNG's pixels: samples by OpenCV, then palette, transparency and gamma."""

import io
import struct
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from zlib_ng import zlib_ng

from app.imaging.errors import NotAnImage
from app.imaging.formats import png_inflate
from app.imaging.formats.png_reader import GRAY, PALETTE, RGB, PngFile

Array = npt.NDArray[Any]

_MAX_PROFILE_BYTES = 8 * 1024 * 1024  # inflated; profiles of printers have up to 3 MB
_MAX_SIDE = 1_000_000  # px, of libpng, which OpenCV uses
_OPAQUE = 255
_DISPLAY_GAMMA = 2.2  # that sRGB approximates


def decode_png(png: PngFile) -> Array:
    """Decode a PNG file.

    Returns:
        (h, w) gray, (h, w, 3) BGR or (h, w, 4) BGRA uint8 with straight alpha.

    Raises:
        NotAnImage: the pixels are damaged, or more than 3 % of them are missing.
    """
    samples = _decode_samples(png)
    if png.color_type == PALETTE:
        return _apply_palette(png, samples)
    alpha = _transparent_color(png, samples)
    pixels = _to_eight_bits(samples, png)
    if alpha is None:
        return pixels
    if pixels.ndim == 2:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    return np.dstack((pixels, alpha))


def read_profile(png: PngFile) -> bytes:
    """Return the ICC profile of a PNG file; b"" if it has none, or a damaged one."""
    chunk = png.chunks.get(b"iCCP", b"")
    compressed = chunk[chunk.find(b"\0") + 2 :]
    try:
        decompressor = zlib_ng.decompressobj()
        profile = decompressor.decompress(compressed, _MAX_PROFILE_BYTES)
    except zlib_ng.error:  # type: ignore[misc]  # reason: its stub declares an instance
        return b""
    return bytes(profile) if decompressor.eof else b""


def _decode_samples(png: PngFile) -> Array:
    """Decode the values as stored: uint8, or uint16 of a file with 16 bits.

    Values of fewer than eight bits are scaled to 0..255.
    """
    if max(png.width, png.height) > _MAX_SIDE:
        return _decode_with_pillow(bytes(png_inflate.with_compressed_pixels(png)))
    stored = png_inflate.with_stored_pixels(png)
    samples = _imdecode(png_inflate.with_compressed_pixels(png) if stored is None else stored)
    if samples is None and stored is None:
        repaired = png_inflate.with_repaired_pixels(png)
        samples = None if repaired is None else _imdecode(repaired)
    if samples is None or samples.shape[:2] != (png.height, png.width):
        raise NotAnImage("the image can't be decoded")
    return samples


def _decode_with_pillow(file: bytes) -> Array:
    """Decode a file with a side that OpenCV refuses, to the same layout."""
    try:
        with Image.open(io.BytesIO(file), formats=["PNG"]) as image:
            image.load()
            mode = {"1": "L", "LA": "RGBA"}.get(image.mode, image.mode)
            samples = np.asarray(image if mode == image.mode else image.convert(mode))
    except (OSError, ValueError, SyntaxError) as error:
        raise NotAnImage("the image can't be decoded") from error
    return samples if samples.ndim == 2 else samples[..., [2, 1, 0, *range(3, samples.shape[2])]]


def _imdecode(file: Array) -> Array | None:
    try:
        samples = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return None if samples is None else np.asarray(samples)


def _apply_palette(png: PngFile, samples: Array) -> Array:
    """Replace indexes by colors; an index without a color is black."""
    colors, alpha = png.chunks.get(b"PLTE", b""), png.chunks.get(b"tRNS", b"")
    if len(colors) < 3:
        raise NotAnImage("the PNG file has no palette")
    palette = np.zeros((256, 4), np.uint8)
    palette[:, 3] = _OPAQUE
    count = min(len(colors) // 3, 256)
    palette[:count, 2::-1] = np.frombuffer(colors, np.uint8, 3 * count).reshape(count, 3)
    palette[:, :3] = _levels(np.uint8, png.gamma)[palette[:, :3]]
    palette[: min(len(alpha), 256), 3] = np.frombuffer(alpha[:256], np.uint8)
    indexes = samples // (255 // (2**png.depth - 1))
    return np.asarray(palette[indexes] if alpha else palette[:, :3][indexes])


def _transparent_color(png: PngFile, samples: Array) -> Array | None:
    """Return the alpha of a file with one transparent color, (h, w) uint8, else None."""
    size = {GRAY: 1, RGB: 3}.get(png.color_type, 0)
    chunk = png.chunks.get(b"tRNS", b"")
    if not size or len(chunk) < 2 * size:
        return None
    most = 2**png.depth - 1
    color = np.array(struct.unpack_from(f">{size}H", chunk)[::-1]) & most
    color = color if png.depth == 16 else color * (255 // most)
    equal = samples == color
    equal = equal.all(axis=2) if size == 3 else equal
    return np.where(equal, np.uint8(0), np.uint8(_OPAQUE))


def _to_eight_bits(samples: Array, png: PngFile) -> Array:
    """Return uint8 with the file's gamma applied; alpha has none."""
    if png.gamma is None and samples.dtype == np.uint8:
        return samples
    pixels = _levels(samples.dtype, png.gamma)[samples]
    if samples.shape[2:] == (4,):
        pixels[..., 3] = _levels(samples.dtype, None)[samples[..., 3]]
    return np.asarray(pixels)


def _levels(dtype: npt.DTypeLike, gamma: float | None) -> Array:
    """Return the 8-bit level of each value (PNG specification, section 13.13)."""
    most = np.iinfo(dtype).max
    values = np.arange(most + 1) / most
    exponent = 1 if gamma is None else 1 / (gamma * _DISPLAY_GAMMA)
    return np.asarray(np.floor(values**exponent * 255 + 0.5).astype(np.uint8))
