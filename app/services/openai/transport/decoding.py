"""Decompress bodies piece by piece, so that memory is bounded whatever they expand to."""

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli
import httpx2
from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

PIECE_BYTES = 256 * 1024
"""The largest decompressed piece. Brotli may return twice as much."""

_MAX_WINDOW_LOG = 23  # 8 MB, which RFC 8878 recommends as the maximum; the library's is 128 MB
_ERRORS = (zlib.error, brotli.error, ZstdError)
_Decoder = Callable[[Iterable[bytes]], Iterator[bytes]]


class UnusableBody(httpx2.DecodingError):
    """The body exceeds a limit, or can't be decoded.

    Its text is for the log, and quotes nothing of the body.
    """


def decode(chunks: Iterable[bytes], encodings: list[str]) -> Iterator[bytes]:
    """Yield a body without its content coding, in pieces.

    Whatever follows the end of the compressed data is not read.

    Args:
        chunks: the body as it arrives.
        encodings: the codings in Content-Encoding; at most one beside `identity`.

    Raises:
        UnusableBody: the coding is unknown, there are several, or the data is damaged.
    """
    codings = [name for name in encodings if name not in {"", "identity"}]
    if not codings:
        yield from chunks
        return
    decoder = _DECODERS.get(codings[0])
    if decoder is None or len(codings) > 1:
        raise UnusableBody("content coding not supported")
    try:
        yield from decoder(chunks)
    except _ERRORS:
        raise UnusableBody("damaged content coding") from None


def _zlib(chunks: Iterable[bytes], window_bits: int) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(window_bits)
    for chunk in chunks:
        piece = decompressor.decompress(chunk, PIECE_BYTES)
        while piece:
            yield piece
            piece = decompressor.decompress(decompressor.unconsumed_tail, PIECE_BYTES)
        if decompressor.eof:
            return


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _zlib(chunks, zlib.MAX_WBITS | 16)


def _deflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decode zlib's format, or the bare one that some servers send instead."""
    remaining = iter(chunks)
    first = next((chunk for chunk in remaining if chunk), b"")
    is_zlib = first[:1] and first[0] & 0x0F == zlib.DEFLATED

    def all_chunks() -> Iterator[bytes]:
        yield first
        yield from remaining

    return _zlib(all_chunks(), zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    for chunk in chunks:
        piece = decompressor.process(chunk, output_buffer_limit=PIECE_BYTES)
        while piece:
            yield piece
            piece = decompressor.process(b"", output_buffer_limit=PIECE_BYTES)
        if decompressor.is_finished():
            return


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    options: dict[int, int] = {DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
    decompressor = ZstdDecompressor(options=options)
    for chunk in chunks:
        piece = decompressor.decompress(chunk, PIECE_BYTES)
        while piece:
            yield piece
            if decompressor.eof:
                return
            piece = b"" if decompressor.needs_input else decompressor.decompress(b"", PIECE_BYTES)


_DECODERS: dict[str, _Decoder] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
