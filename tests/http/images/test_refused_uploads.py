"""Ways to send the same file to POST /images, and what is refused."""

from typing import Any

import pytest

from tests.http.images.test_uploads import MASK, PNG, upload
from tests.support.service import Service
from tests.support.tables import each_row


@pytest.fixture(scope="module")
def lone(shared_embedded: Service) -> Service:
    """Serve on embedded parts, shared by tests that store nothing new."""
    assert upload(shared_embedded).status_code == 201
    return shared_embedded


def _chunks(data: bytes) -> Any:
    return (data[start : start + 1000] for start in range(0, len(data), 1000))


def _content_type(kind: str) -> dict[str, str]:
    return {"Content-Type": kind}


@each_row(
    "kind, options",
    [
        ("the body", {"data": PNG, "headers": _content_type("image/png")}),
        ("the body, as another type", {"data": PNG, "headers": _content_type("image/jpeg")}),
        ("the body, in chunks", {"data": _chunks(PNG), "headers": _content_type("image/webp")}),
        ("a form with another name", {"files": {"file": ("../x.exe", PNG, "text/plain")}}),
        ("a form with empty fields", {"files": {"file": ("a", PNG)}, "data": {"prompt": ""}}),
        ("a query", {"files": {"file": ("a", PNG)}, "params": {"holes": "cut"}}),
    ],
)
def test_ways_to_send_the_same_file(lone: Service, kind: str, options: dict[str, Any]) -> None:
    """A form and a body, with and without a length, are the same image."""
    response = lone.call("POST", "/images", **options)
    assert response.status_code == 200, (kind, response.text)


def _bomb() -> bytes:
    """Return a PNG whose header states too many pixels."""
    data = bytearray(PNG)
    data[16:24] = (60_000).to_bytes(4) * 2
    return bytes(data)


_NO_IMAGE = "Neither a PNG, a JPEG nor a WEBP file."


@each_row(
    "files, fields, status, field, message",
    [
        ({"file": ("a.png", b"")}, {}, 400, "file", _NO_IMAGE),
        ({"file": ("a.gif", b"GIF89a" + bytes(30))}, {}, 400, "file", _NO_IMAGE),
        ({"file": ("a.svg", b"<svg xmlns='x'/>")}, {}, 400, "file", _NO_IMAGE),
        ({"file": ("a.png", PNG[:300])}, {}, 400, "file", "The image can't be decoded."),
        (
            {"file": ("a.png", _bomb())},
            {},
            400,
            "file",
            "60000x60000 pixels are more than",
        ),
        ({"file": ("", b"")}, {}, 400, "file", "Required."),
        ({"mask": ("m.png", MASK)}, {}, 400, "file", "Required."),
        (
            {"mask": ("m.png", MASK)},
            {"file": "text"},
            400,
            "file",
            "Must be a file: a part of the form with a file name.",
        ),
        ([("file", ("a", PNG)), ("file", ("b", PNG))], {}, 400, "file", "Must not be repeated."),
        ({"file": ("a", PNG)}, [("holes", "cut")] * 2, 400, "holes", "Must not be repeated."),
        ({"file": ("a", PNG)}, {"url": "http://x"}, 400, "url", "Unknown field."),
        ({"file": ("a", PNG), "other": ("b", PNG)}, {}, 400, "other", "Unknown field."),
        ({"file": ("a", PNG + b"1")}, {"prompt": "a\0"}, 400, "prompt", "control characters"),
        ({"file": ("a", PNG + b"1")}, {"holes": "maybe"}, 400, "holes", "pattern"),
        ({"file": ("a", PNG + b"1")}, {"tolerance": "a lot"}, 400, "tolerance", "integer"),
        ({"file": ("a", PNG + b"1")}, {"holes": "keep:9"}, 400, "holes", "Names area 9"),
        ({"file": ("a", PNG + b"1"), "mask": ("m", b"no")}, {}, 400, "mask", "PNG"),
        ({"file": ("a", PNG + b"1"), "mask": ("m", bytes(1_000_001))}, {}, 413, None, "mask"),
        ({"file": ("a", bytes(20 * 1024 * 1024 + 1))}, {}, 413, None, "larger than 20 MiB"),
        ({"file": ("a", bytes(22 * 1024 * 1024))}, {}, 413, None, "larger than 20 MiB"),
        ({"file": ("a", PNG)}, [("x", "")] * 100, 413, None, "too many fields"),
    ],
)
def test_refused_forms(
    lone: Service, files: Any, fields: Any, status: int, field: str | None, message: str
) -> None:
    """Each problem is named with its field, and nothing is stored."""
    before = list(lone.ports.store.keys(""))
    response = lone.call("POST", "/images", files=files, data=fields)
    body = response.json()
    assert response.status_code == status, body
    assert message in body["message"]
    assert body.get("errors", [{}])[0].get("field") == field
    assert list(lone.ports.store.keys("")) == before
    assert len(list(lone.ports.records.scan(limit=10))) == 1


@each_row(
    "data, content_type, status, code",
    [
        (PNG, None, 415, "unsupported_media_type"),
        (PNG, "application/octet-stream", 415, "unsupported_media_type"),
        (PNG, "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"url": "http://x"}', "application/json", 415, "unsupported_media_type"),
        (b"", "image/png", 400, "invalid_request"),
        (PNG, "multipart/form-data", 400, "invalid_request"),
        (PNG, "multipart/form-data; boundary=b", 400, "invalid_request"),
        (b"--b\r\nX", "multipart/form-data; boundary=b", 400, "invalid_request"),
        (_chunks(bytes(22 * 1024 * 1024)), "image/png", 413, "request_too_large"),
    ],
)
def test_refused_bodies(
    lone: Service, data: Any, content_type: str | None, status: int, code: str
) -> None:
    """What is neither a form with a file nor an image is refused."""
    headers = _content_type(content_type) if content_type else {}
    response = lone.call("POST", "/images", data=data, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
