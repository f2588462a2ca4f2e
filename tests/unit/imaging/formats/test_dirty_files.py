"""Sound pixels are used, whatever is wrong with the metadata around them.

The kinds of damage were found in the test images of Pillow and hachoir, in image-rs/image-png with
its PngSuite, and in the camera files of ianare/exif-samples. The images of exif (npm) and
exif-js were kept apart, and tried at the end.
"""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app import imaging
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_file
from tests.support.fake_openai.sample_images import deflated_zeros
from tests.support.images.dirty_files import (
    chunk,
    jpeg,
    photo,
    png,
    riff_chunk,
    segment,
    webp,
    with_crc,
)
from tests.support.images.sample_images import encoded
from tests.support.tables import each_row

BOMB = deflated_zeros(200_000_000)
EXIF = b"Exif\0\0II*\0\x08\0\0\0"


def pixels(data: bytes) -> NDArray[Any]:
    """Return what the cutout gets to see."""
    return decode(read_file(data))


def exif(entries: bytes, count: int, *, prefix: bytes = b"Exif\0\0") -> bytes:
    """Return Exif metadata with one directory."""
    return prefix + b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4)


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    """Return an entry of an Exif directory."""
    return struct.pack("<HHII", tag, kind, count, value)


XMP = (
    b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://"
    b"www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:tiff='http://ns.adobe.com/tiff"
    b"/1.0/' tiff:Orientation='6'/></rdf:RDF></x:xmpmeta>"
)
WRONG_EXIF = {
    "no directory": EXIF[6:],
    "a text": b"not Exif at all",
    "an empty chunk": b"",
    "a directory behind the end": b"II*\0\xff\xff\xff\x7f",
    "more entries than bytes": exif(b"", 65535, prefix=b""),
    "a directory that refers to itself": exif(entry(0x8769, 4, 1, 8), 1, prefix=b""),
    "a value of four gigabytes": exif(entry(0x010E, 2, 2**32 - 1, 8), 1, prefix=b""),
    "an orientation of 0": exif(entry(0x0112, 3, 1, 0), 1, prefix=b""),
    "an orientation of 9": exif(entry(0x0112, 3, 1, 9), 1, prefix=b""),
    "an orientation as a fraction": exif(entry(0x0112, 5, 1, 6), 1, prefix=b""),
}
PNGS = {
    "text in UTF-8": png(before=chunk(b"tEXt", "Title\0größer 猫".encode())),
    "text without a keyword": png(before=chunk(b"tEXt", b"\0")),
    "text without a separator": png(before=chunk(b"tEXt", b"x" * 200)),
    "text of three megabytes": png(before=chunk(b"tEXt", b"Comment\0" + b"y" * 3_000_000)),
    "compressed text that is damaged": png(before=chunk(b"zTXt", b"Comment\0\0nonsense")),
    "compressed text of 200 MB": png(before=chunk(b"zTXt", b"Comment\0\0" + BOMB)),
    "international text that is damaged": png(before=chunk(b"iTXt", b"a\0\1\0\0\0nonsense")),
    "a thousand texts": png(before=chunk(b"tEXt", b"a\0b") * 1000),
    "a wrong checksum of text": with_crc(png(before=chunk(b"tEXt", b"a\0b")), b"tEXt"),
    "a wrong checksum of a date": with_crc(png(before=chunk(b"tIME", b"\7\xe0abcde")), b"tIME"),
    "a wrong checksum of the header": with_crc(png(), b"IHDR"),
    "a wrong checksum of the pixels": with_crc(png(), b"IDAT"),
    "a wrong checksum of the end": png()[:-4] + bytes(4),
    "a profile that is no profile": png(before=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no"))),
    "a profile that is damaged": png(before=chunk(b"iCCP", b"x\0\0nonsense")),
    "a profile of 200 MB": png(before=chunk(b"iCCP", b"x\0\0" + BOMB)),
    "an empty profile": png(before=chunk(b"iCCP", b"")),
    "a truncated profile": png(before=chunk(b"iCCP", b"x\0\0" + BOMB[:200])),
    "bytes behind the end": png(end=b"\xff\xda<html>" * 50),
    "another image behind the end": png(end=png()),
    "zeros behind the end": png(end=bytes(4096)),
    "text before the header": png(first=chunk(b"tEXt", b"a\0b")),
    "text between the pixels": png(inside=chunk(b"tEXt", b"a\0b")),
    "empty pixels between the pixels": png(inside=chunk(b"IDAT", b"")),
    "gamma and physical size behind the pixels": png(
        behind=chunk(b"gAMA", b"\0\0\0\1") + chunk(b"pHYs", bytes(9))
    ),
    "transparency behind the pixels": png(behind=chunk(b"tRNS", bytes(6))),
    "the same header twice": png(first=png()[8:33]),
    "an animation without frames": png(before=chunk(b"acTL", struct.pack(">II", 3, 0))),
    "an animation of no frame": png(before=chunk(b"acTL", bytes(8))),
    "frames of an animation": png(
        before=chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", bytes(26)),
        behind=chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", b"\0\0\0\1nonsense"),
    ),
    "an unknown critical chunk": png(before=chunk(b"CgBZ", b"?")),
    "a chunk longer than the file": png(before=struct.pack(">I", 2**31) + b"tEXta\0b1234"),
    "a chunk with an impossible name": png(before=chunk(b"\1\2\3\4", b"?")),
    "an orientation in XMP": png(before=chunk(b"iTXt", XMP)),
} | {f"Exif with {name}": png(before=chunk(b"eXIf", body)) for name, body in WRONG_EXIF.items()}
NO_JFIF = jpeg(jfif=b"")
JPEGS = {
    "junk between segments": jpeg(first=b"junk", before_scan=bytes(300)),
    "a scan's marker in a comment": jpeg(first=segment(0xFE, b"\xff\xda" * 100)),
    "an end's marker in a comment": jpeg(first=segment(0xFE, b"\xff\xd9\xff\xda")),
    "a thumbnail in a segment": jpeg(first=segment(0xE5, jpeg())),
    "a comment of 64 KiB": jpeg(first=segment(0xFE, b"x" * 65533) * 4),
    "bytes behind the end": jpeg(end=b"\xff\xda<html>" * 50),
    "zeros behind the end": jpeg(end=bytes(4096)),
    "another image behind the end": jpeg(end=jpeg()),
    "half of another image behind the end": jpeg(end=jpeg()[:600]),
    "an empty segment": jpeg(first=segment(0xE7, b"")),
    "a segment of length 0": jpeg(first=segment(0xE7, b"", 0)),
    "a segment of length 1": jpeg(before_scan=segment(0xE7, b"", 1)),
    "an empty comment": jpeg(before_scan=segment(0xFE, b"")),
    "an empty JFIF": jpeg(jfif=segment(0xE0, b"")),
    "no JFIF": NO_JFIF,
    "a short JFIF": jpeg(jfif=segment(0xE0, b"JFIF\0\1")),
    "a JFIF of another version": jpeg(jfif=segment(0xE0, b"JFIF\0\x09\x09\7" + bytes(6))),
    "a JFIF behind the tables": jpeg(jfif=b"", before_scan=segment(0xE0, b"JFIF\0\1\1" + bytes(7))),
    "a short Adobe": jpeg(first=segment(0xEE, b"Adobe")),
    "an Adobe of an unknown transform": jpeg(jfif=segment(0xEE, b"Adobe\0\x64" + bytes(4) + b"\7")),
    "an Exif without a thumbnail's end": jpeg(first=segment(0xE1, EXIF + b"\xff\xd8\xff\xda")),
    "fill bytes": jpeg(first=b"\xff" * 200, before_scan=b"\xff" * 33),
    "restarts between segments": jpeg(first=b"\xff\xd0\xff\xd7\xff\x01"),
    "a profile that is no profile": jpeg(first=segment(0xE2, b"ICC_PROFILE\0\1\1nonsense")),
    "an empty profile": jpeg(first=segment(0xE2, b"ICC_PROFILE\0")),
    "a part of a profile": jpeg(first=segment(0xE2, b"ICC_PROFILE\0\2\3" + bytes(128))),
    "an index of images that are missing": jpeg(first=segment(0xE2, b"MPF\0II*\0\x08\0\0\0")),
    "an orientation in XMP": jpeg(
        first=segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP[22:])
    ),
    "no end": jpeg()[:-2],
    "half of an end": jpeg()[:-1],
    "no end, but zeros": jpeg()[:-2] + bytes(512),
} | {
    f"Exif with {name}": jpeg(first=segment(0xE1, b"Exif\0\0" + body))
    for name, body in WRONG_EXIF.items()
}
WEBPS = {
    "bytes behind the end": webp() + b"\xff\xda<html>" * 50,
    "another image behind the end": webp() + webp(),
    "a size of 0": webp(riff_size=0),
    "a size beyond the end": webp(riff_size=2**31),
    "a profile that is no profile": webp(before=riff_chunk(b"ICCP", b"nonsense"), flags=0x20),
    "an empty profile": webp(before=riff_chunk(b"ICCP", b""), flags=0x20),
    "a profile that is stated, but missing": webp(flags=0x20),
    "Exif that is stated, but missing": webp(flags=0x08),
    "XMP that is truncated": webp(end=riff_chunk(b"XMP ", b"<x", 5000), flags=0x04),
    "an unknown chunk": webp(before=riff_chunk(b"ABCD", b"!")),
    "a chunk behind the image that is truncated": webp(end=b"EXIF\xff"),
} | {
    f"Exif with {name}": webp(end=riff_chunk(b"EXIF", body), flags=0x08)
    for name, body in WRONG_EXIF.items()
}


@each_row("name", PNGS)
def test_a_png_is_used(name: str) -> None:
    """Text, checksums, profiles, Exif, order and ends of a PNG change no pixel."""
    assert np.array_equal(pixels(PNGS[name]), pixels(png()))


@each_row("name", JPEGS)
def test_a_jpeg_is_used(name: str) -> None:
    """Segments, bytes between and behind them, and a missing end of a JPEG change no pixel."""
    assert np.array_equal(pixels(JPEGS[name]), pixels(jpeg()))


@each_row("name", WEBPS)
def test_a_webp_is_used(name: str) -> None:
    """Chunks, sizes and bytes behind a WEBP change no pixel."""
    assert np.array_equal(pixels(WEBPS[name]), pixels(webp()))


def test_an_image_with_others_behind_it_is_its_first() -> None:
    """A file of several photos (MPO), as cameras write it, is its first one."""
    out = io.BytesIO()
    others = [photo().rotate(180), photo().resize((24, 16))]
    photo().save(out, "MPO", save_all=True, append_images=others, quality=90)
    single = encoded(photo(), "JPEG", quality=90)
    assert np.array_equal(pixels(out.getvalue()), pixels(single))
    cut = out.getvalue()[: len(single) + 400]  # the second one is truncated
    assert np.array_equal(pixels(cut), pixels(single))


def test_the_first_frame_of_an_animation_is_used() -> None:
    """Of an animated WEBP or PNG, the first frame is used."""
    frames = [photo().rotate(180)] * 2
    for kind, options in (("WEBP", {"lossless": True}), ("PNG", {})):
        data = encoded(photo(), kind, save_all=True, append_images=frames, **options)
        assert np.array_equal(pixels(data), pixels(png()))


@pytest.mark.parametrize("profile", [b"", b"nonsense" * 30])
@pytest.mark.parametrize("adobe", [True, False])
def test_a_cmyk_jpeg_is_used(profile: bytes, adobe: bool) -> None:
    """CMYK is converted, with a damaged profile and with junk around its segments."""
    file = encoded(photo().convert("CMYK"), "JPEG", quality=95)
    start = file.index(b"\xff\xee")
    rest = file[start:] if adobe else file[start + 16 :]
    junk = segment(0xE2, b"ICC_PROFILE\0\1\1" + profile) + b"junk"
    found = pixels(b"\xff\xd8" + junk + rest + b"\xff\xda")
    assert np.abs(found.astype(int) - pixels(png())).max() <= 12


def test_two_different_headers_are_refused() -> None:
    """A PNG that states two sizes is refused: decoders differ on it."""
    other = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
    with pytest.raises(imaging.NotAnImage):
        pixels(png(first=other))


def test_a_bomb_behind_wrong_metadata_is_refused() -> None:
    """Pixels beyond the stated size are never inflated."""
    file = png(before=chunk(b"tEXt", b"x" * 99))
    start = file.index(b"IDAT") - 4
    head = file[:start] + chunk(b"IDAT", BOMB) + chunk(b"IEND", b"")
    assert pixels(head).shape == (64, 96, 3)
    assert not pixels(head).any()
