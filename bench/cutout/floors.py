"""Floors: the time of decoding, resizing and encoding, without any cutout."""

import contextlib
import io
import statistics
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.cutout.artwork import Pixels
from bench.cutout.methods import Cut, png
from bench.cutout.truth import OUT
from bench.support.timing import spent_by

Parts = Mapping[str, Callable[[Any], Any]]

_ROUNDS = 3


def pillow(data: bytes) -> bytes:
    """Process an image as most services do."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return png(image.resize((OUT, OUT), Image.Resampling.LANCZOS))


@dataclass(frozen=True, slots=True)
class Fastest:
    """The floor of the fastest parts, and the milliseconds of each part."""

    run: Cut
    chosen: Mapping[str, str]
    tried: Mapping[str, Mapping[str, float]]


def fastest(examples: Mapping[str, Sequence[bytes]]) -> Fastest:
    """Measure all parts on a few files of each format, and combine the fastest."""
    tried = {f"decode {name}": _times(_DECODERS, files) for name, files in examples.items()}
    images = [_DECODERS["OpenCV"](file) for files in examples.values() for file in files]
    tried["resize"] = _times(_RESIZERS, images)
    encoders = _encoders()
    tried["encode"] = _times(encoders, [_RESIZERS["OpenCV, area"](each) for each in images])
    chosen = {step: min(times, key=times.__getitem__) for step, times in tried.items()}
    resize, encode = _RESIZERS[chosen["resize"]], encoders[chosen["encode"]]
    decoders = {
        step.removeprefix("decode "): _DECODERS[name]
        for step, name in chosen.items()
        if step.startswith("decode ")
    }
    return Fastest(
        lambda data: bytes(encode(resize(decoders[format_of(data)](data)))), chosen, tried
    )


def floors(parts: Fastest) -> dict[str, Cut]:
    """Return all floors by name; libvips only if it is installed."""
    found = {"Pillow floor": pillow, "fastest floor": parts.run}
    with contextlib.suppress(ImportError, OSError):  # OSError: no native library
        found["libvips thumbnail"] = _libvips()
    return found


def _libvips() -> Cut:
    """Process an image with libvips, which shrinks while it decodes."""
    import pyvips

    def run(data: bytes) -> bytes:
        small = pyvips.Image.thumbnail_buffer(data, OUT, height=OUT)
        return bytes(small.pngsave_buffer(compression=2))

    return run


def format_of(data: bytes) -> str:
    """Return the format of a sample."""
    return {b"\x89P": "png", b"\xff\xd8": "jpeg", b"RI": "webp"}[data[:2]]


def _times(parts: Parts, inputs: Sequence[Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, part in parts.items():
        part(inputs[0])
        best = [min(spent_by(part, each)[0] for _ in range(_ROUNDS)) for each in inputs]
        found[name] = 1000 * statistics.median(best)
    return found


def _decode_with_opencv(data: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def _resize_with_pillow(pixels: Pixels) -> Pixels:
    small = Image.fromarray(pixels).resize((OUT, OUT), Image.Resampling.BOX)
    return np.asarray(small.convert("RGBA"))


def _resize_with_opencv(pixels: Pixels) -> Pixels:
    small = cv2.resize(pixels, (OUT, OUT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2RGBA), np.uint8)


_DECODERS: Parts = {
    "OpenCV": _decode_with_opencv,
    "Pillow": lambda data: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")),
}
_RESIZERS: Parts = {"OpenCV, area": _resize_with_opencv, "Pillow, box": _resize_with_pillow}


def _encoders() -> Parts:
    found: dict[str, Callable[[Any], Any]] = {
        "OpenCV, level 1": lambda pixels: cv2.imencode(
            ".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1]
        )[1].tobytes(),
        "Pillow": lambda pixels: png(Image.fromarray(pixels)),
    }
    try:
        from zlib_ng import zlib_ng
    except ImportError:
        return found
    found["zlib-ng, level 2"] = lambda pixels: _unfiltered_png(pixels, zlib_ng)
    return found


def _unfiltered_png(pixels: Pixels, zlib_ng: Any) -> bytes:
    """Encode an RGBA PNG whose scan lines are not filtered."""
    height, width = pixels.shape[:2]
    lines = np.zeros((height, 1 + 4 * width), np.uint8)
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib_ng.compress(lines, 2)), (b"IEND", b"")):
        checksum = zlib_ng.crc32(kind + body)
        file += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
    return file
