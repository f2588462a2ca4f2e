"""Hostile bodies."""

from collections.abc import Iterator

import pytest

from tests.attacks import Seen, attack
from tests.support.service import Service

_JSON = {"Content-Type": "application/json"}
_NO_JSON = "400 invalid_json"


def _tried(what: str, body: bytes, expect: str = _NO_JSON) -> object:
    return pytest.param(body, marks=attack(what, expect=expect), id=what)


@pytest.mark.parametrize(
    "body",
    [
        _tried("A key twice", b'{"prompt": "a fox", "prompt": "a bomb"}'),
        _tried("A key twice, once escaped", b'{"prompt": "a fox", "\\u0070rompt": "a bomb"}'),
        _tried("A key twice in an inner object", b'{"prompt": "x", "y": [{"a": 1, "a": 2}]}'),
        _tried("17 lists in each other", b"[" * 17 + b"]" * 17),
        _tried("500 objects in each other", b'{"a":' * 500 + b"1" + b"}" * 500),
        _tried("64 KiB of opening brackets", b"[" * 65536),
        _tried("64 KiB of opening braces", b'{"a":' * 13000),
        _tried("NaN", b'{"prompt": NaN}'),
        _tried("Infinity", b'{"prompt": -Infinity}'),
        _tried("A number beyond all doubles", b'{"prompt": 1e999}'),
        _tried("A number of 10,000 digits", b'{"prompt": ' + b"7" * 10_000 + b"}"),
        _tried(
            "A number of 10,000 decimals",
            b'{"prompt": 0.' + b"7" * 10_000 + b"}",
            "400 invalid_request",
        ),
        _tried("A lone surrogate, escaped", b'{"prompt": "fox \\ud83e"}'),
        _tried("A lone surrogate, in bytes", b'{"prompt": "fox \xed\xa0\xbe"}'),
        _tried("A byte order mark", b'\xef\xbb\xbf{"prompt": "a fox"}'),
        _tried("UTF-16", '{"prompt": "a fox"}'.encode("utf-16")),
        _tried("Invalid UTF-8", b'{"prompt": "\xff\xfe"}'),
        _tried("An overlong encoding of a quote", b'{"prompt": "a\xc0\xa2"}'),
        _tried("Two documents", b'{"prompt": "a fox"}{"prompt": "a bomb"}'),
        _tried("A NUL after the document", b'{"prompt": "a fox"}\x00'),
        _tried("A comment", b'{"prompt": "a fox" /* "size": 1 */}'),
        _tried("A NUL in the prompt", b'{"prompt": "a\\u0000b"}', "400 invalid_request"),
        _tried("__proto__ as a field", b'{"prompt": "x", "__proto__": {}}', "400 invalid_request"),
    ],
)
def test_body_is_refused(shared_embedded: Service, seen: Seen, body: bytes) -> None:
    """What parsers may read in two ways, or only with great effort, is 400, and leaves no trace."""
    answer = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    seen(answer)
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert shared_embedded.images() == []


@attack("A body without a length that goes on beyond 64 KiB", expect="413 request_too_large")
def test_chunked_body_is_cut_off(shared: Service, seen: Seen) -> None:
    """A chunked body is read to the limit and no further, then refused."""

    def pieces() -> Iterator[bytes]:
        yield b'{"prompt": "'
        for _ in range(70):
            yield b"a" * 1024

    seen(shared.call("POST", "/generate-image", data=pieces(), headers=_JSON))
    assert shared.images() == []


@pytest.mark.parametrize("levels", [2, 15])
def test_ordinary_nesting_is_judged_by_its_content(shared_embedded: Service, levels: int) -> None:
    """Only depth that no client needs is refused as such; the rest by the form's own words."""
    inner = "[" * levels + "]" * levels
    body = f'{{"prompt": {inner}}}'.encode()
    answer = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert [problem["field"] for problem in answer.json()["errors"]] == ["prompt"]


def test_the_same_key_in_two_objects_is_fine(shared_embedded: Service) -> None:
    """Only one object with a key twice is refused, not two objects that have the same key."""
    body = b'{"prompt": "x", "y": [{"a": 1}, {"a": 2}]}'
    answer = shared_embedded.call("POST", "/generate-image", data=body, headers=_JSON)
    assert answer.json()["code"] == "invalid_request"
