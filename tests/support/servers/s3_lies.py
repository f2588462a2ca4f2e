"""Incorrect responses of an S3 server, as proxies and damaged stores send them."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from tests.support.servers.s3_filter import Lie, S3Reply
from tests.support.servers.s3_refusals import S3Request

_PAGE = b"<!doctype html><html><title>Sign in</title><body>The network needs a login.</body></html>"
_JSON = b'{"status": "error", "message": "try again"}'
_XML = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>-</Message></Error>"


def _instead(content_type: str, body: bytes, status: int = 200, **headers: str) -> "Change":
    """Return a change that replaces the whole response."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _: S3Reply(status, {"content-type": content_type} | given, body)


def _with_body(change: Callable[[bytes], bytes], **headers: str) -> "Change":
    """Return a change of the body, and of some headers; the others stay true."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda true: replace(true, body=change(true.body), headers={**true.headers, **given})


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


Change = Callable[[S3Reply], S3Reply]
Forward = Callable[[S3Request], S3Reply]

CHANGES: dict[str, Change] = {
    "a page with status 200": _instead("text/html", _PAGE),
    "a page that is called an image": _with_body(lambda _: _PAGE),
    "a page of another server that is called an image": _instead("image/png", _PAGE),
    "a JSON error with status 200": _instead("application/json", _JSON),
    "an XML error with status 200": _instead("application/xml", _XML),
    "an empty body": _with_body(lambda _: b""),
    "an empty body without headers": _instead("image/png", b""),
    "half of the object, and the length of the half": _with_body(_half),
    "half of the object from a cache that keeps no headers": lambda true: S3Reply(
        200, {"content-type": true.headers["content-type"]}, _half(true.body)
    ),
    "half of the object, and then the end": lambda true: replace(
        true, body=_half(true.body), length=str(len(true.body))
    ),
    "the object with one bit changed": _with_body(_flip),
    "the object compressed": _with_body(gzip.compress),
    "the object compressed, and called so": _with_body(gzip.compress, content_encoding="gzip"),
    "the object, called compressed": _with_body(lambda data: data, content_encoding="br"),
    "the object, called a page": _with_body(lambda data: data, content_type="text/html"),
    "a part of the object (206)": lambda true: replace(true, status=206, body=_half(true.body)),
    "no content (204)": _instead("image/png", b"", 204),
    "a redirect to a page": _instead("text/html", _PAGE, 302, location="http://127.0.0.1:9/"),
    "a permanent redirect": _instead("text/html", _PAGE, 301, location="http://127.0.0.1:9/"),
}
"""What a read returns, by its description."""


def reading(key: str, change: Change) -> Lie:
    """Make each read of a key incorrect."""
    return Lie(
        lambda request: request.method == "GET" and _names(request, key),
        lambda request, forward: change(forward(request)),
    )


def mistaking(key: str, other: Callable[[], S3Reply]) -> Lie:
    """Answer each read of a key with another response, such as that of another object."""
    return Lie(
        lambda request: request.method == "GET" and _names(request, key),
        lambda _, __: other(),
    )


def _names(request: S3Request, key: str) -> bool:
    return urlsplit(request.target).path.endswith("/" + key)


Write = Callable[[bytes], tuple[bytes | None, str]]

WRITES: dict[str, Write] = {
    "nothing is stored": lambda data: (None, _md5(data)),
    "nothing is stored, and there is no ETag": lambda _: (None, ""),
    "half is stored": lambda data: (_half(data), _md5(_half(data))),
    "half is stored, with the ETag of the whole": lambda data: (_half(data), _md5(data)),
    "half is stored, and there is no ETag": lambda data: (_half(data), ""),
    "one bit is changed": lambda data: (_flip(data), _md5(_flip(data))),
    "one bit is changed, and there is no ETag": lambda data: (_flip(data), ""),
    "one bit is changed, with the ETag of the right object": lambda data: (_flip(data), _md5(data)),
}
"""What is stored by a write that is answered with 200, and the ETag of that response."""


def writing(part: str, change: Write, put: Callable[[str, bytes], object]) -> Lie:
    """Store something else for each write to a path with this part, by a function of key and body.

    The bucket is in the path.
    """

    def reply(request: S3Request, _: Forward) -> S3Reply:
        body, etag = change(request.body)
        if body is not None:
            put(urlsplit(request.target).path.lstrip("/").partition("/")[2], body)
        later = {"date": "Fri, 01 Jan 2100 12:00:00 GMT"}  # than anything that was stored before
        return S3Reply(200, later | ({"etag": f'"{etag}"'} if etag else {}))

    return Lie(lambda request: request.method == "PUT" and part in request.target, reply)


def answering_writes(etag: str | None) -> Lie:
    """Answer each write with another ETag, or none; it is carried out."""

    def reply(request: S3Request, forward: Forward) -> S3Reply:
        true = forward(request)
        headers = {name: text for name, text in true.headers.items() if name != "etag"}
        return replace(true, headers=headers | ({"etag": f'"{etag}"'} if etag else {}))

    return Lie(lambda request: request.method in {"PUT", "HEAD"}, reply)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
