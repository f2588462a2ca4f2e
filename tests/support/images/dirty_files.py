"""Image files whose metadata, order or ends are damaged, made by editing sound files.

The kinds of damage are those of real files: of the test images of Pillow, image-rs/image-png,
hachoir and libpng's PngSuite, and of the cameras in ianare/exif-samples.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIZE = (96, 64)


def photo() -> Image.Image:
    """Return an image of smooth colors, 96x64 px."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    values = np.stack((x * 2, y * 3, 255 - x - y), axis=2)
    return Image.fromarray(values.astype(np.uint8))


def chunk(name: bytes, body: bytes, crc: int | None = None) -> bytes:
    """Return a PNG chunk, with a wrong checksum if given."""
    checksum = zlib.crc32(name + body) if crc is None else crc
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a sound PNG."""
    offset = len(SIGNATURE)
    while offset < len(png):
        length, name = struct.unpack_from(">I4s", png, offset)
        yield name, png[offset + 8 : offset + 8 + length]
        offset += 12 + length


def png(
    *, before: bytes = b"", inside: bytes = b"", behind: bytes = b"", end: bytes = b"",
    first: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a PNG with chunks before, between and behind its pixels, and at its ends."""
    file = io.BytesIO()
    photo().save(file, "PNG")
    out = dict(chunks(file.getvalue()))
    head, data = chunk(b"IHDR", out[b"IHDR"]), out[b"IDAT"]
    half = len(data) // 2
    pixels = chunk(b"IDAT", data[:half]) + inside + chunk(b"IDAT", data[half:])
    return SIGNATURE + first + head + before + pixels + behind + chunk(b"IEND", b"") + end


def raw_png(
    lines: list[bytes], *, width: int, depth: int, color_type: int, before: bytes = b""
) -> bytes:
    """Return a PNG of packed scan lines, with chunks before its pixels."""
    head = struct.pack(">IIBBBBB", width, len(lines), depth, color_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    parts = chunk(b"IHDR", head), before, chunk(b"IDAT", pixels), chunk(b"IEND", b"")
    return SIGNATURE + b"".join(parts)


def with_crc(file: bytes, name: bytes, change: int = 1) -> bytes:
    """Return a PNG in which the checksum of the first chunk of this name is wrong."""
    start = file.index(name)
    (length,) = struct.unpack_from(">I", file, start - 4)
    place = start + 4 + length
    return file[:place] + bytes([file[place] ^ change]) + file[place + 1 :]


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    """Return a JPEG segment, with a wrong length if given."""
    stated = len(body) + 2 if length is None else length
    return struct.pack(">BBH", 0xFF, marker, stated) + body


def jpeg(
    *, first: bytes = b"", before_scan: bytes = b"", end: bytes = b"", jfif: bytes | None = None,
    mode: str = "RGB", progressive: bool = False,
) -> bytes:  # fmt: skip
    """Return a JPEG with segments behind its start, before its scan and behind its end.

    Args:
        first: bytes behind the JFIF segment.
        before_scan: bytes before the first scan.
        end: bytes behind the file.
        jfif: replaces the JFIF segment.
        mode: Pillow's mode of the image.
        progressive: whether to write several scans.
    """
    file = io.BytesIO()
    photo().convert(mode).save(file, "JPEG", quality=90, progressive=progressive)
    data = file.getvalue()
    start = 2
    if data[2:4] == b"\xff\xe0":
        start = 4 + int.from_bytes(data[4:6], "big")
    scan = data.index(b"\xff\xda")
    head = data[2:start] if jfif is None else jfif
    return data[:2] + head + first + data[start:scan] + before_scan + data[scan:] + end


def webp(
    *, before: bytes = b"", end: bytes = b"", flags: int = 0, riff_size: int | None = None,
    lossless: bool = True,
) -> bytes:  # fmt: skip
    """Return an extended WEBP with chunks around its image.

    Args:
        before: chunks before the image.
        end: bytes behind the image, inside of the container.
        flags: of the extended header.
        riff_size: replaces the stated size.
        lossless: which of the two kinds of compression it has.
    """
    file = io.BytesIO()
    photo().save(file, "WEBP", lossless=lossless)
    image = file.getvalue()[12:]
    size = struct.pack("<I", SIZE[0] - 1)[:3] + struct.pack("<I", SIZE[1] - 1)[:3]
    head = b"VP8X" + struct.pack("<II", 10, flags) + size
    body = b"WEBP" + head + before + image + end
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def riff_chunk(name: bytes, body: bytes, length: int | None = None) -> bytes:
    """Return a chunk of a WEBP, with a wrong length if given."""
    stated = len(body) if length is None else length
    return name + struct.pack("<I", stated) + body + bytes(len(body) % 2)
