"""Bodies of any size, coding and fragmentation, read up to their limits."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import brotli
import httpx2
import pytest
from backports import zstd

from app.services.openai.transport import bounded_body
from app.services.openai.transport.bounded_body import bound_body, replace_stream
from app.services.openai.transport.decoding import PIECE_BYTES, UnusableBody
from tests.attacks import Observe, attack

MIB = 1024 * 1024
TEXT = httpx2.Request("POST", "https://api.test/v1/moderations")
IMAGE = httpx2.Request("POST", "https://api.test/v1/images/generations")


def _bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", partial(gzip.compress, compresslevel=1)),
    "gzip in capitals": ("GZIP", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", _bare_deflate),
    "Brotli": ("br", partial(brotli.compress, quality=1)),
    "Zstandard": ("zstd", zstd.compress),
    "none": ("identity", bytes),
}


class Chunks(httpx2.SyncByteStream):
    """A body in chunks, which counts those that were read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.count += 1
            yield chunk


def response(
    chunks: Iterable[bytes],
    *,
    coding: str = "identity",
    status: int = 200,
    request: httpx2.Request = TEXT,
) -> tuple[httpx2.Response, Chunks]:
    """Return a response as the client's readers get it, and its body."""
    body = Chunks(chunks)
    made = httpx2.Response(
        status, headers={"Content-Encoding": coding}, stream=body, request=request
    )
    bound_body(made)
    return made, body


def pieces_of(data: bytes, size: int = 1000) -> Iterator[bytes]:
    """Yield data in pieces, as from a network."""
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("name", CODINGS)
def test_body_is_decoded(name: str) -> None:
    """Every coding that servers use is decoded, whatever the sizes of its chunks are."""
    coding, compress = CODINGS[name]
    text = bytes(range(256)) * 3000
    made, _ = response(pieces_of(compress(text)), coding=coding)
    assert made.read() == text


@pytest.mark.parametrize("name", CODINGS)
@attack("A response that expands to gigabytes", expect="read up to 1 MiB")
def test_bomb_is_read_up_to_the_limit(name: str, observe: Observe) -> None:
    """No reader gets more than the limit, and no piece is large."""
    coding, compress = CODINGS[name]
    made, _ = response(pieces_of(compress(bytes(4 * MIB)), 64 * 1024), coding=coding)
    sizes: list[int] = []
    with pytest.raises(UnusableBody, match="too large"):
        sizes.extend(len(piece) for piece in made.iter_bytes())
    assert max(sizes, default=0) <= 2 * PIECE_BYTES
    observe("read up to 1 MiB" if sum(sizes) <= MIB else f"read {sum(sizes)} bytes")


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("status", [400, 429, 500])
def test_error_is_cut_off(status: int, name: str) -> None:
    """An error is read up to the limit, because its code is within its first bytes."""
    coding, compress = CODINGS[name]
    made, _ = response(
        pieces_of(compress(b"x" * (2 * MIB)), 64 * 1024), coding=coding, status=status
    )
    assert made.read() == b"x" * MIB


def test_endless_error_is_cut_off() -> None:
    """An error without end costs as much as one at the limit."""
    made, body = response(iter(lambda: b"x" * 65_536, None), status=500)
    assert len(made.read()) == MIB
    assert body.count == 16


@pytest.mark.parametrize("coding", ["gzip, gzip", "br, gzip", "compress", "snappy", "punycode"])
def test_other_codings_are_refused_unread(coding: str) -> None:
    """Several codings could multiply their expansion; unknown ones can't be read."""
    made, body = response(iter(lambda: b"x" * 65_536, None), coding=coding)
    with pytest.raises(UnusableBody, match="not supported"):
        made.read()
    assert body.count == 0


@pytest.mark.parametrize("name", ["gzip", "deflate", "bare deflate", "Brotli", "Zstandard"])
def test_what_follows_the_data_is_not_read(name: str) -> None:
    """A decompressor would keep it all, although it decodes to nothing."""
    coding, compress = CODINGS[name]

    def endless() -> Iterator[bytes]:
        yield compress(b"{}")
        while True:
            yield bytes(65_536)

    made, body = response(endless(), coding=coding)
    assert made.read() == b"{}"
    assert body.count <= 2


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_damaged_data_is_refused(coding: str) -> None:
    """Data in another format than the header states is an error of the body."""
    made, _ = response([b"\x18no such format" * 100], coding=coding)
    with pytest.raises(UnusableBody, match="damaged"):
        made.read()


def test_large_window_is_refused() -> None:
    """Data that needs a window of 64 MB in memory is not decompressed."""
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 26,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    compressor = zstd.ZstdCompressor(options=options)
    data = compressor.compress(b"{}" * 100) + compressor.flush()
    made, _ = response([data], coding="zstd")
    with pytest.raises(UnusableBody, match="damaged"):
        made.read()


@attack("A response in chunks of a single byte", expect="10,000 chunks read")
def test_tiny_chunks_are_counted(observe: Observe) -> None:
    """Each chunk takes time, so a body of tiny ones ends early, far below its limit."""
    made, body = response(iter(lambda: b" ", None))
    with pytest.raises(UnusableBody, match="too many pieces"):
        made.read()
    observe(f"{round(body.count, -3):,} chunks read")


def test_chunks_of_a_slow_network_are_accepted() -> None:
    """A large image in segments of a usual network is within the bound."""
    made, _ = response((bytes(1400) for _ in range(20_000)), request=IMAGE)
    assert len(made.read()) == 28_000_000


def test_image_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the response to a request for an image can be that large."""
    monkeypatch.setattr(bounded_body, "MAX_IMAGE_RESPONSE_BYTES", 3 * MIB)
    made, _ = response([bytes(MIB)] * 3, request=IMAGE)
    assert len(made.read()) == 3 * MIB
    made, _ = response([bytes(MIB)] * 4, request=IMAGE)
    with pytest.raises(UnusableBody, match="too large"):
        made.read()


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "utf-32", "rot13", "zlib"])
def test_text_is_utf_8(charset: str) -> None:
    """The charset that a server states is ignored: some of Python's codecs are quadratic."""
    made = httpx2.Response(
        200,
        headers={"Content-Type": f"application/json; charset={charset}"},
        stream=Chunks(['{"a": "ü"}'.encode()]),
        request=TEXT,
    )
    bound_body(made)
    made.read()
    assert made.json() == {"a": "ü"}
    assert made.text == '{"a": "ü"}'


def test_download_has_the_limit_of_its_caller() -> None:
    """A body can be bounded by any number of bytes."""
    made = httpx2.Response(200, stream=Chunks([bytes(50)] * 3), request=TEXT)
    replace_stream(made, 149)
    with pytest.raises(UnusableBody):
        made.read()
