"""Responses that are made to cost memory or time."""

import base64
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator

import brotli
import numpy as np
from PIL import Image

MIB = 1024 * 1024
_GIB = 1024 * MIB


def _response(body: bytes, **headers: str) -> bytes:
    head = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


def _gzip(start: bytes, size: int) -> bytes:
    compressor = zlib.compressobj(9, wbits=31)
    parts = [compressor.compress(start)]
    parts += [compressor.compress(bytes(MIB)) for _ in range(size // MIB)]
    return _response(b"".join([*parts, compressor.flush()]), content_encoding="gzip")


def _brotli(size: int) -> bytes:
    compressor = brotli.Compressor(quality=1)
    parts = [compressor.process(bytes(MIB)) for _ in range(size // MIB)]
    return _response(b"".join([*parts, compressor.finish()]), content_encoding="br")


def _chunked(count: int) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"1\r\n \r\n" * count + b"0\r\n\r\n"


def _completion(content: str, **headers: str) -> bytes:
    message = {"role": "assistant", "content": content}
    return _response(json.dumps({"choices": [{"message": message}]}).encode(), **headers)


def _image(text: bytes, key: bytes = b"b64_json") -> bytes:
    return _response(b'{"data": [{"%b": "%b"}]}' % (key, text))


def _file(data: bytes) -> bytes:
    return _image(base64.b64encode(data))


def _encoded(kind: str) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def _jpeg_of_restarts(size: int) -> bytes:
    data = _encoded("JPEG")
    return _file(data[:-2] + b"\xff\xd0" * (size // 2) + data[-2:])


def _jpeg(segment: bytes, size: int) -> bytes:
    data = _encoded("JPEG")
    return _file(data[:2] + segment * (size // len(segment)) + data[2:])


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum


def _png_of_bombs() -> bytes:
    """Return 900 texts that inflate to 8 MB each, and more chunks than are usual."""
    data = _encoded("PNG")
    text = _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(7_900_000), 9))
    return _file(data[:33] + text * 900 + _chunk(b"tEXt", b"a\0b") * 30_000 + data[33:])


def _png_of_metadata(size: int) -> bytes:
    data, chunk = _encoded("PNG"), _chunk(b"tEXt", b"a\0b")
    return _file(data[:33] + chunk * (size // len(chunk)) + data[33:])


def _png_of_tiny_chunks() -> bytes:
    data, offset, parts = _encoded("PNG"), 33, [b""]
    while offset < len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8 : offset + 8 + length] if name == b"IDAT" else b""
        parts += [_chunk(b"IDAT", body[i : i + 1]) for i in range(len(body))]
        offset += 12 + length
    return _file(data[:33] + b"".join(parts) + _chunk(b"IEND", b""))


_EVENTS = "text/event-stream"
_NEVER_CLOSED = b"HTTP/1.1 200 OK\r\nX-Slow: "

RESPONSES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "moderation: 1 GiB in gzip": ("moderation", lambda: _gzip(b"{", _GIB)),
    "moderation: 1 GiB in Brotli": ("moderation", lambda: _brotli(_GIB)),
    "moderation: 60 MiB of spaces": ("moderation", lambda: _response(b" " * 60 * MIB)),
    "moderation: 60 MiB of empty lists": (
        "moderation",
        lambda: _response(b"[" + b"[]," * 20 * MIB + b"0]"),
    ),
    "text: 256 KiB in punycode": (
        "text",
        lambda: _completion("ü-" * 64 * 1024, content_type="application/json; charset=punycode"),
    ),
    "text: documents that never end": ("text", lambda: _completion("[" * 190 + "0," * 99_000)),
    "text: 30 MiB of brackets": ("text", lambda: _completion("{" * 30 * MIB)),
    "image: 1 GiB in gzip": ("image", lambda: _gzip(b"{", _GIB)),
    "image: 60 MiB of lines": (
        "image",
        lambda: _response(b"data:1\n" * 9 * MIB, content_type=_EVENTS),
    ),
    "image: 4 MiB of empty events": (
        "image",
        lambda: _response(b":\n\n" + b"\n\n" * 2 * MIB, content_type=_EVENTS),
    ),
    "image: 60 MiB of objects": ("image", lambda: _response(b"[" + b"{}," * 20 * MIB + b"0]")),
    "image: 45 MiB that are no base64": ("image", lambda: _image(b"%" * 45 * MIB)),
    "image: 45 MiB of escapes": ("image", lambda: _image(b"\\u0041" * (45 * MIB // 6))),
    "image: a percent-encoded file of 7 MiB": (
        "image",
        lambda: _image(b"data:image/png," + b"%41" * (7 * MIB // 3), b"url"),
    ),
    "image: 200,000 chunks of a byte": ("image", lambda: _chunked(200_000)),
    "image: 100,000 interim responses": (
        "image",
        lambda: b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000 + _response(b"{}"),
    ),
    "image: a JPEG of empty comments, 34 MB": (
        "image",
        lambda: _jpeg(b"\xff\xfe\0\2", 34_000_000),
    ),
    "image: a JPEG of empty APP1, 34 MB": ("image", lambda: _jpeg(b"\xff\xe1\0\2", 34_000_000)),
    "image: a JPEG of restarts, 34 MB": ("image", lambda: _jpeg_of_restarts(34_000_000)),
    "image: a PNG of texts that inflate to 7 GB": ("image", _png_of_bombs),
    "image: a PNG of empty texts, 34 MB": ("image", lambda: _png_of_metadata(34_000_000)),
    "image: a PNG of chunks of a byte, 10 MB": ("image", _png_of_tiny_chunks),
    "image: a head that never ends": ("image", lambda: _NEVER_CLOSED),
}
"""By what they are: the call that gets them, and the bytes on the connection."""


def drips(response: bytes) -> bool:
    """Return whether a response goes on byte by byte."""
    return response is _NEVER_CLOSED


def usual(call: str) -> Iterator[bytes]:
    """Yield the response that a call expects."""
    if call == "moderation":
        yield _response(b'{"results": [{"flagged": false}]}')
    elif call == "text":
        yield _completion('{"prompt": "a red mug"}')
    else:
        yield _file(_encoded("PNG"))
        yield _file(_encoded("JPEG"))
