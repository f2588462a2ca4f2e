"""The Idempotency-Key header: its syntax, limits and documentation."""

import pytest

from tests.support.http.idempotent_requests import post
from tests.support.service import Service

MAX_KEY = "k" * 255


@pytest.mark.parametrize(
    ("bare", "quoted"),
    [
        ("abc", '"abc"'),
        ('a"b', r'"a\"b"'),
        (r"a\b", r'"a\\b"'),
        (r"a\"b", r'"a\\\"b"'),
        ("a,b;c=d", '"a,b;c=d"'),
        ("!~", '"!~"'),
        (MAX_KEY, f'"{MAX_KEY}"'),
        ('"' * 255, '"' + r"\"" * 255 + '"'),
    ],
)
def test_bare_and_quoted_keys_are_the_same(embedded: Service, bare: str, quoted: str) -> None:
    """A bare key and the same key as a string of RFC 9651 are equal."""
    responses = [post(embedded, key=key) for key in (bare, quoted, bare)]
    assert [response.status_code for response in responses] == [200] * 3
    assert len({response.json()["filename"] for response in responses}) == 1


def test_keys_are_compared_exactly(embedded: Service) -> None:
    """Keys that differ in case or any character are different."""
    keys = ["abc", "ABC", "abcd", r'"ab\"c"', r'"ab\\c"', "a-b-c", MAX_KEY, MAX_KEY[1:]]
    responses = [post(embedded, key=key) for key in keys]
    assert len({response.json()["filename"] for response in responses}) == len(keys)


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
def test_invalid_key_is_rejected(embedded: Service, key: str) -> None:
    """A key that is empty, too long or not visible ASCII is 400, which names the header."""
    response = embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": "A red fox"},
        headers={"Idempotency-Key": key.encode("latin-1")},
    )
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "invalid_request")
    assert body["errors"][0]["field"] == "Idempotency-Key"
    assert body["errors"][0]["message"]
    assert embedded.images() == []


def test_invalid_request_does_not_use_up_its_key(embedded: Service) -> None:
    """After an invalid body, the key can be used for a valid one."""
    assert post(embedded, " ").json()["code"] == "invalid_request"
    assert post(embedded).status_code == 200


def test_other_endpoints_ignore_the_header(embedded: Service) -> None:
    """Endpoints that charge nothing ignore the header, even if it is invalid."""
    for path in ("/images", "/healthz"):
        assert embedded.get(path, headers={"Idempotency-Key": "not a key"}).status_code == 200


def test_header_is_documented(embedded: Service) -> None:
    """The OpenAPI document has the parameter at the operations that take it, and its errors."""
    paths = embedded.get("/openapi.json").json()["paths"]
    operations = [
        (path, method)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    ]
    assert sorted(operations) == [
        ("/generate-image", "post"),
        ("/images/{filename}/edits", "post"),
        ("/v1/images/edits", "post"),
        ("/v1/images/generations", "post"),
    ]
    operation = paths["/generate-image"]["post"]
    (header,) = (
        parameter for parameter in operation["parameters"] if parameter["name"] == "Idempotency-Key"
    )
    assert (header["in"], header["required"]) == ("header", False)
    examples = {
        status: set(operation["responses"][status]["content"]["application/json"]["examples"])
        for status in ("409", "410", "422", "502", "503")
    }
    assert examples["409"] == {"generation_in_progress", "outcome_unknown"}
    assert (examples["410"], examples["422"]) == ({"image_deleted"}, {"idempotency_key_reused"})
    assert "provider_bad_response" in examples["502"]
    assert {"storage_unavailable", "records_unavailable"} <= examples["503"]


def test_cors_allows_the_header(embedded: Service) -> None:
    """A preflight allows the header, and scripts can read Idempotency-Replayed."""
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
    response = post(embedded)
    exposed = {
        name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")
    }
    assert {"Idempotency-Replayed", "Location", "Retry-After"} <= exposed
