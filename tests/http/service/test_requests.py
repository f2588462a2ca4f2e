"""Invalid requests, methods and request ids."""

import uuid
from typing import Any

import pytest

from tests.support.http import clients
from tests.support.service import Parts, Service

ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n\t "}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": ["a"]}, "prompt"),
        ({"prompt": {"$gt": ""}}, "prompt"),
        ({"prompt": "a" * 4001}, "prompt"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"prompt": "ok", "enhance": "yes"}, "enhance"),
        ({"prompt": "ok", "enhance": 1}, "enhance"),
        ({"prompt": "ok", "size": "256x256"}, "size"),
        ({"prompt": "ok", "quality": "best"}, "quality"),
        ({"prompt": "ok", "n": 5}, "n"),
        ({"prompt": "ok", "n": 0}, "n"),
        ({"prompt": "ok", "n": "2"}, "n"),
        ({"prompt": "ok", "seed": 2}, "seed"),
    ],
)
def test_invalid_field_is_named(real: Service, parts: Parts, body: Any, field: str) -> None:
    """An invalid field is 400, which names it, without a provider call."""
    response = real.call("POST", "/generate-image", json=body)
    error = response.json()
    assert (response.status_code, error["code"]) == (400, "invalid_request")
    assert [problem["field"] for problem in error["errors"]] == [field]
    assert field in error["message"]
    assert (parts.fake.requests, real.images()) == ([], [])


NULLS = {
    "enhance": {"enhance": None},
    "size": {"size": None},
    "quality": {"quality": None},
    "partial_images": {"partial_images": None},
    "all": dict.fromkeys(("enhance", "size", "quality", "n", "partial_images", "dry_run")),
}


@pytest.mark.parametrize("nulls", NULLS.values(), ids=NULLS)
def test_null_counts_as_not_given(shared_embedded: Service, nulls: dict[str, None]) -> None:
    """A client may send null for optional fields; the idempotency key sees no difference."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    without, with_nulls = (
        shared_embedded.call("POST", "/generate-image", json=body, headers=key)
        for body in ({"prompt": "A fox"}, {"prompt": "A fox", **nulls})
    )
    assert (without.status_code, with_nulls.status_code) == (200, 200)
    assert with_nulls.headers["Idempotency-Replayed"] == "true"
    assert with_nulls.json() == without.json()


def test_null_does_not_replace_what_is_required(shared_embedded: Service) -> None:
    """A required field that is null is missing, and an unknown one stays unknown."""
    body = {"prompt": None, "seed": None}
    response = shared_embedded.call("POST", "/generate-image", json=body)
    assert response.json()["errors"] == [
        {"field": "prompt", "message": "Required."},
        {"field": "seed", "message": "Unknown field."},
    ]


def test_null_options_of_a_cutout_count_as_not_given(shared_embedded: Service) -> None:
    """The same holds for another cutout: the image is that of an empty body."""
    image = shared_embedded.generate().json()["filename"]
    nulls = dict.fromkeys(("holes", "shadow", "background", "tolerance", "mask", "replace"))
    first, second = (
        shared_embedded.call("POST", f"/images/{image}/cutouts", json=body) for body in ({}, nulls)
    )
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["filename"] == second.json()["filename"]


def test_byte_order_mark_is_skipped(shared_embedded: Service) -> None:
    """Editors and PowerShell write a mark before UTF-8."""
    body = b"\xef\xbb\xbf" + '{"prompt": "Füchse \ufeff"}'.encode()
    response = shared_embedded.call("POST", "/generate-image", data=body, headers=JSON)
    assert response.json()["first_prompt"] == "Füchse \ufeff"


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /healthz HTTP/1.1", b"400"),
        (f"GET {ABSENT} HTTP/1.1", b"400"),
        ("OPTIONS /images HTTP/1.1", b"400"),
        ("GET /nowhere HTTP/1.1", b"400"),
        ("GET /healthz HTTP/1.0", b"200"),
        (f"GET {ABSENT} HTTP/1.0", b"404"),
    ],
)
def test_host_is_required(shared_embedded: Service, request_line: str, status: bytes) -> None:
    """HTTP/1.1 without Host is 400, before any view; HTTP/1.0 has none."""
    response = clients.raw_send(
        shared_embedded.url, f"{request_line}\r\nConnection: close\r\n\r\n".encode()
    )
    assert response.split(b" ", 2)[1] == status
    assert (b'"field":"Host"' in response) == (status == b"400")


def test_all_invalid_fields_are_named(embedded: Service) -> None:
    """One response names all invalid fields."""
    response = embedded.call("POST", "/generate-image", json={"size": "1x1", "x": 1})
    assert {problem["field"] for problem in response.json()["errors"]} == {"prompt", "size", "x"}


@pytest.mark.parametrize("body", [b"", b"{", b"{'prompt': 'x'}", b"\xff\xfe", b'{"prompt": NaN}'])
def test_malformed_json(embedded: Service, body: bytes) -> None:
    """A body that is not JSON is 400 `invalid_json`."""
    response = embedded.call("POST", "/generate-image", data=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"null", b"3"])
def test_json_that_is_not_an_object(embedded: Service, body: bytes) -> None:
    """JSON other than an object is 400 `invalid_request`."""
    response = embedded.call("POST", "/generate-image", data=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_content_type_must_be_json(embedded: Service, content_type: str | None) -> None:
    """Another content type, or none, is 415."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = embedded.call("POST", "/generate-image", data=b'{"prompt": "x"}', headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_charset_of_json_is_accepted(embedded: Service) -> None:
    """Content-Type may have a charset, and prompts any characters."""
    body = '{"prompt": "Ein Fuchs 🦊 in Öl"}'.encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = embedded.call("POST", "/generate-image", data=body, headers=headers)
    assert response.json()["prompt"] == "Ein Fuchs 🦊 in Öl"


def test_large_body_is_rejected(embedded: Service) -> None:
    """A body over 64 KiB is 413; one of 64 KiB is parsed."""
    response = embedded.call("POST", "/generate-image", data=b" " * 65537, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "request_too_large")
    response = embedded.call("POST", "/generate-image", data=b" " * 65536, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/generate-image", {"POST", "OPTIONS"}),
        ("PUT", "/images", {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}),
        ("DELETE", "/generate-prompts", {"GET", "HEAD", "OPTIONS"}),
        (
            "PUT",
            "/images/00000000-0000-4000-8000-000000000000.png",
            {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"},
        ),
    ],
)
def test_unsupported_method_lists_allowed_ones(
    embedded: Service, method: str, path: str, allowed: set[str]
) -> None:
    """405 is JSON and has an Allow header."""
    response = embedded.call(method, path)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("request_id", ["abc-DEF_123", "x" * 64])
def test_valid_request_id_is_kept(embedded: Service, request_id: str) -> None:
    """A valid X-Request-ID appears in the response's header and body and in the log."""
    response = embedded.get("/nowhere", headers={"X-Request-ID": request_id})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == request_id
    assert f"[{request_id}] GET /nowhere 404" in embedded.log.getvalue()


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "é", "a;b"])
def test_invalid_request_id_is_replaced(embedded: Service, request_id: str) -> None:
    """An invalid X-Request-ID is replaced by a new one."""
    response = embedded.get("/healthz", headers={"X-Request-ID": request_id.encode()})
    assert response.headers["X-Request-ID"] != request_id
    assert len(response.headers["X-Request-ID"]) == 32


def test_log_lines_can_not_be_forged(embedded: Service) -> None:
    """Control characters in a path are escaped in the log."""
    embedded.get("/x%0d%0a2026-01-01T00:00:00+0000%20INFO%20forged%1b[31m")
    line = embedded.log.getvalue().splitlines()[-1]
    assert "GET /x\\r\\n2026-01-01" in line
    assert "\x1b" not in line
