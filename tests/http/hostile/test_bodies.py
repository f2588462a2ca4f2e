"""Hostile request bodies."""

from collections.abc import Iterator

import pytest

from tests.attacks import Observe, attack
from tests.support.service import Service

_JSON = {"Content-Type": "application/json"}
_INVALID_JSON = "400 invalid_json"


def _case(description: str, body: bytes, expect: str = _INVALID_JSON) -> object:
    return pytest.param(body, marks=attack(description, expect=expect), id=description)


@pytest.mark.parametrize(
    "body",
    [
        _case("A duplicate key", b'{"prompt": "a fox", "prompt": "a bomb"}'),
        _case("A duplicate key, once escaped", b'{"prompt": "a fox", "\\u0070rompt": "a bomb"}'),
        _case("A duplicate key in a nested object", b'{"prompt": "x", "y": [{"a": 1, "a": 2}]}'),
        _case("17 nested lists", b"[" * 17 + b"]" * 17),
        _case("500 nested objects", b'{"a":' * 500 + b"1" + b"}" * 500),
        _case("64 KiB of opening brackets", b"[" * 65536),
        _case("64 KiB of opening braces", b'{"a":' * 13000),
        _case("NaN", b'{"prompt": NaN}'),
        _case("Infinity", b'{"prompt": -Infinity}'),
        _case("A number too large for a double", b'{"prompt": 1e999}'),
        _case("A number of 10,000 digits", b'{"prompt": ' + b"7" * 10_000 + b"}"),
        _case(
            "A number of 10,000 decimals",
            b'{"prompt": 0.' + b"7" * 10_000 + b"}",
            "400 invalid_request",
        ),
        _case("A lone surrogate, escaped", b'{"prompt": "fox \\ud83e"}'),
        _case("A lone surrogate, in bytes", b'{"prompt": "fox \xed\xa0\xbe"}'),
        _case("Two byte order marks", b'\xef\xbb\xbf\xef\xbb\xbf{"prompt": "a fox"}'),
        _case("UTF-16", '{"prompt": "a fox"}'.encode("utf-16")),
        _case("Invalid UTF-8", b'{"prompt": "\xff\xfe"}'),
        _case("An overlong encoding of a quote", b'{"prompt": "a\xc0\xa2"}'),
        _case("Two documents", b'{"prompt": "a fox"}{"prompt": "a bomb"}'),
        _case("A NUL after the document", b'{"prompt": "a fox"}\x00'),
        _case("A comment", b'{"prompt": "a fox" /* "size": 1 */}'),
        _case("A NUL in the prompt", b'{"prompt": "a\\u0000b"}', "400 invalid_request"),
        _case("__proto__ as a field", b'{"prompt": "x", "__proto__": {}}', "400 invalid_request"),
    ],
)
def test_ambiguous_body_is_rejected(
    shared_embedded: Service, observe: Observe, body: bytes
) -> None:
    """Bodies that parsers read differently, or slowly, are 400 and leave no record."""
    response = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    observe(response)
    assert response.json()["request_id"] == response.headers["X-Request-ID"]
    assert shared_embedded.images() == []


@attack("A chunked body of more than 64 KiB", expect="413 request_too_large")
def test_chunked_body_is_limited(shared: Service, observe: Observe) -> None:
    """A chunked body is read up to the limit only, then rejected."""

    def chunks() -> Iterator[bytes]:
        yield b'{"prompt": "'
        for _ in range(70):
            yield b"a" * 1024

    observe(shared.call("POST", "/generate-image", data=chunks(), headers=_JSON))
    assert shared.images() == []


@pytest.mark.parametrize("levels", [2, 15])
def test_moderate_nesting_is_validated(shared_embedded: Service, levels: int) -> None:
    """Nesting up to 16 levels is valid JSON, which the schema then validates."""
    inner = "[" * levels + "]" * levels
    body = f'{{"prompt": {inner}}}'.encode()
    response = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert [problem["field"] for problem in response.json()["errors"]] == ["prompt"]


def test_same_key_in_two_objects_is_valid(shared_embedded: Service) -> None:
    """A key may appear in several objects, just not twice in one."""
    body = b'{"prompt": "x", "y": [{"a": 1}, {"a": 2}]}'
    response = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    assert response.json()["code"] == "invalid_request"
