"""What callers can get wrong."""

from typing import Any

import pytest

from tests.support.service import Parts, Service

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
        ({"prompt": "ok", "n": 2}, "n"),
    ],
)
def test_wrong_field_is_named(real: Service, parts: Parts, body: Any, field: str) -> None:
    """A missing, blank, too long, mistyped or unknown field is 400 that names it; no call."""
    answer = real.call("POST", "/generate-image", json=body)
    error = answer.json()
    assert (answer.status_code, error["code"]) == (400, "invalid_request")
    assert [problem["field"] for problem in error["errors"]] == [field]
    assert field in error["message"]
    assert (parts.fake.requests, real.images()) == ([], [])


def test_all_wrong_fields_are_named_at_once(embedded: Service) -> None:
    """Every wrong field is told in one answer."""
    answer = embedded.call("POST", "/generate-image", json={"size": "1x1", "x": 1})
    assert {problem["field"] for problem in answer.json()["errors"]} == {"prompt", "size", "x"}


@pytest.mark.parametrize("body", [b"", b"{", b"{'prompt': 'x'}", b"\xff\xfe", b'{"prompt": NaN}'])
def test_broken_json(embedded: Service, body: bytes) -> None:
    """A body that is not JSON is 400 invalid_json."""
    answer = embedded.call("POST", "/generate-image", data=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"null", b"3"])
def test_json_that_is_not_an_object(embedded: Service, body: bytes) -> None:
    """JSON that isn't an object is 400 invalid_request."""
    answer = embedded.call("POST", "/generate-image", data=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_body_has_to_be_declared_as_json(embedded: Service, kind: str | None) -> None:
    """Another content type, or none, is 415."""
    headers = {"Content-Type": kind} if kind else {}
    answer = embedded.call("POST", "/generate-image", data=b'{"prompt": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_charset_of_json_is_accepted(embedded: Service) -> None:
    """Content-Type may carry a charset, and prompts any language."""
    body = '{"prompt": "Ein Fuchs 🦊 in Öl"}'.encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = embedded.call("POST", "/generate-image", data=body, headers=headers)
    assert answer.json()["prompt"] == "Ein Fuchs 🦊 in Öl"


def test_large_body_is_refused(embedded: Service) -> None:
    """A body over 64 KiB is 413; one just below is judged by its content."""
    answer = embedded.call("POST", "/generate-image", data=b" " * 65537, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    answer = embedded.call("POST", "/generate-image", data=b" " * 65536, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/generate-image", {"POST", "OPTIONS"}),
        ("POST", "/images", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/generate-prompts", {"GET", "HEAD", "OPTIONS"}),
        (
            "PATCH",
            "/images/00000000-0000-4000-8000-000000000000.png",
            {"GET", "HEAD", "DELETE", "OPTIONS"},
        ),
    ],
)
def test_wrong_method_keeps_allow(
    embedded: Service, method: str, path: str, allowed: set[str]
) -> None:
    """405 is JSON and says in Allow what would do."""
    answer = embedded.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("given", ["abc-DEF_123", "x" * 64])
def test_request_id_is_taken_over(embedded: Service, given: str) -> None:
    """A well-formed X-Request-ID is in the answer's header, its body and the log."""
    answer = embedded.get("/nowhere", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == given
    assert f"[{given}] GET /nowhere 404" in embedded.log.getvalue()


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a;b"])
def test_other_request_id_is_replaced(embedded: Service, given: str) -> None:
    """Any other X-Request-ID is replaced by a new one."""
    answer = embedded.get("/healthz", headers={"X-Request-ID": given.encode()})
    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32


def test_nobody_can_forge_a_log_line(embedded: Service) -> None:
    """Control characters in a path are escaped in the log."""
    embedded.get("/x%0d%0a2026-01-01T00:00:00+0000%20INFO%20forged%1b[31m")
    line = embedded.log.getvalue().splitlines()[-1]
    assert "GET /x\\r\\n2026-01-01" in line
    assert "\x1b" not in line
