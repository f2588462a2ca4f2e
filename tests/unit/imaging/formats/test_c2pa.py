"""Content Credentials of originals are detected, and damaged ones do no harm."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import imaging
from app.imaging import UnusableImage
from tests.support.images.content_credentials import PLAIN, SIGNED, STORE, box, jpeg, png, webp
from tests.support.images.sample_images import pixels
from tests.support.tables import each_row


@pytest.mark.parametrize("kind", SIGNED)
def test_a_manifest_is_detected_and_changes_no_pixel(kind: str) -> None:
    """A file with a manifest store is reported as such, and the same image without is not."""
    assert imaging.inspect(SIGNED[kind]).credentials
    assert not imaging.inspect(PLAIN[kind]).credentials
    cut, plain = (pixels(imaging.cutout(files[kind]).png) for files in (SIGNED, PLAIN))
    assert (cut == plain).all()


OTHERS = {
    "another PNG chunk": png(b"caBY"),
    "an empty PNG chunk": png(content=b""),
    "the name inside of text": png(b"tEXt", b"caBX\0" + STORE),
    "another JPEG segment": jpeg(0xEC),
    "pixels of a JPEG": jpeg(behind=b"\xff\xda"),
    "another JUMBF box": jpeg(content=box(b"jumb", box(b"jumd", b"json" + bytes(12)))),
    "an APP11 of something else": jpeg(content=b"HDR_RI ver=11"),
    "another WEBP chunk": webp(b"XMP "),
    "an empty WEBP chunk": webp(content=b""),
}


@each_row("name", OTHERS)
def test_other_metadata_is_no_manifest(name: str) -> None:
    """Only what C2PA specifies counts, and only in its place."""
    assert not imaging.inspect(OTHERS[name]).credentials


def test_a_manifest_after_other_segments_is_detected() -> None:
    """Fill bytes, a large box and a chunk of odd length don't hide a manifest."""
    assert imaging.inspect(jpeg(fill=99)).credentials
    long = b"\0\0\0\1jumb" + bytes(8) + STORE[8:]  # the length of a large box has 64 bits
    assert imaging.inspect(jpeg(content=long)).credentials
    odd = b"ABCD\1\0\0\0!\0"
    assert imaging.inspect(webp(before=odd)).credentials


def test_a_chunk_beyond_the_end_of_the_file_is_no_manifest() -> None:
    """A WEBP chunk that states more bytes than the file has is ignored."""
    file = webp()
    offset = file.rindex(b"C2PA") + 4
    longer = file[:offset] + b"\xff\xff\xff\x7f" + file[offset + 4 :]
    assert not imaging.inspect(longer).credentials


def test_only_the_first_two_thousand_segments_are_examined() -> None:
    """A file of a million empty segments does not block the service."""
    segments = b"\xff\xe5\x00\x02" * 2000
    assert imaging.inspect(SIGNED["JPEG"]).credentials
    assert not imaging.inspect(SIGNED["JPEG"][:2] + segments + SIGNED["JPEG"][2:]).credentials
    assert not imaging.inspect(webp(before=b"ABCD\0\0\0\0" * 2000)).credentials


@settings(max_examples=60)
@given(kind=st.sampled_from(sorted(SIGNED)), data=st.data())
def test_damaged_files_are_refused_or_read(kind: str, data: st.DataObject) -> None:
    """A truncated or changed file is read or raises UnusableImage, and nothing else."""
    file = bytearray(SIGNED[kind])
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(file[: data.draw(st.integers(0, len(file)))])
    with contextlib.suppress(UnusableImage):
        assert imaging.inspect(cut).credentials in {True, False}
