"""The header Idempotency-Key itself: its forms, its limits, and where it is described."""

import pytest

from tests.support.http.idempotent_requests import post
from tests.support.service import Service

LONGEST = "k" * 255


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("abc", '"abc"'),
        ('a"b', r'"a\"b"'),
        (r"a\b", r'"a\\b"'),
        (r"a\"b", r'"a\\\"b"'),
        ("a,b;c=d", '"a,b;c=d"'),
        ("!~", '"!~"'),
        (LONGEST, f'"{LONGEST}"'),
        ('"' * 255, '"' + r"\"" * 255 + '"'),
    ],
)
def test_bare_and_quoted_forms_are_one_key(embedded: Service, one: str, other: str) -> None:
    """A key is the same whether it is sent as it is or as a string of RFC 9651."""
    answers = [post(embedded, key=key) for key in (one, other, one)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json()["filename"] for answer in answers}) == 1


def test_keys_differ_in_every_character(embedded: Service) -> None:
    """Case counts, and so does each sign within the quotes."""
    keys = ["abc", "ABC", "abcd", r'"ab\"c"', r'"ab\\c"', "a-b-c", LONGEST, LONGEST[1:]]
    answers = [post(embedded, key=key) for key in keys]
    assert len({answer.json()["filename"] for answer in answers}) == len(keys)


@pytest.mark.parametrize(
    "key",
    [
        "",
        '""',
        "a b",
        '"a b"',
        "a\tb",
        "caf\xe9",
        '"caf\xe9"',
        "k" * 256,
        '"' + "k" * 256 + '"',
        '"' + r"\\" * 256 + '"',
        "\x7f",
    ],
    ids=repr,
)
def test_key_that_is_none_is_refused(embedded: Service, key: str) -> None:
    """Empty, too long, or with other signs than visible ASCII: 400 that names the header."""
    answer = embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": "A red fox"},
        headers={"Idempotency-Key": key.encode("latin-1")},
    )
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "invalid_request")
    assert body["errors"][0]["field"] == "Idempotency-Key"
    assert body["errors"][0]["message"]
    assert embedded.images() == []


def test_request_that_is_not_valid_does_not_use_its_key_up(embedded: Service) -> None:
    """A body that is refused leaves the key for the right one."""
    assert post(embedded, " ").json()["code"] == "invalid_request"
    assert post(embedded).status_code == 200


def test_other_calls_do_not_look_at_it(embedded: Service) -> None:
    """Where nothing is paid a key has no meaning, whatever is in it."""
    for path in ("/images", "/healthz"):
        assert embedded.get(path, headers={"Idempotency-Key": "not a key"}).status_code == 200


def test_header_is_described(embedded: Service) -> None:
    """The OpenAPI document has the parameter, at the one call that takes it, and its answers."""
    paths = embedded.get("/openapi.json").json()["paths"]
    having = [
        (path, method)
        for path, calls in paths.items()
        for method, call in calls.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in call["parameters"])
    ]
    assert having == [("/generate-image", "post")]
    post_ = paths["/generate-image"]["post"]
    (header,) = (each for each in post_["parameters"] if each["name"] == "Idempotency-Key")
    assert (header["in"], header["required"]) == ("header", False)
    examples = {
        status: set(post_["responses"][status]["content"]["application/json"]["examples"])
        for status in ("409", "410", "422", "502", "503")
    }
    assert examples["409"] == {"generation_in_progress", "outcome_unknown"}
    assert (examples["410"], examples["422"]) == ({"image_deleted"}, {"idempotency_key_reused"})
    assert "provider_bad_response" in examples["502"]
    assert {"storage_unavailable", "records_unavailable"} <= examples["503"]


def test_pages_of_other_origins_may_use_it(embedded: Service) -> None:
    """A preflight allows the header, and scripts may read that an answer was replayed."""
    preflight = embedded.call(
        "OPTIONS",
        "/generate-image",
        headers={
            "Origin": "https://app.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, idempotency-key",
        },
    )
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"].lower()
    answer = post(embedded)
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"Idempotency-Replayed", "Location", "Retry-After"} <= exposed
