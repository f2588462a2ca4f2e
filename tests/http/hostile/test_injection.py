"""Injection of query operators."""

from typing import Any

import pytest

from tests.attacks import Observe, attack
from tests.support.service import Service

ABSENT = "00000000-0000-4000-8000-000000000000"
_UNCHANGED = "stored and found unchanged"
_OWL = "An owl on a branch"
_TEXTS = (
    '{"$gt": ""}',
    "$where: sleep(1000)",
    "'; DROP TABLE generations; --",
    '" OR 1=1 --',
    "a.b.$c",
    "__proto__ [$ne]",
    "fox* NEAR(a b) AND NOT -x",
    "%_\\%",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "../../etc/passwd",
)


def ensure_owl(service: Service) -> None:
    """Make sure that the list has an image of an owl."""
    if _OWL not in (image["prompt"] for image in service.images()):
        assert service.generate(_OWL).ok


@pytest.mark.parametrize(
    "text", [pytest.param(w, marks=attack(f"The prompt `{w}`", expect=_UNCHANGED)) for w in _TEXTS]
)
def test_operators_in_prompts_are_text(shared: Service, observe: Observe, text: str) -> None:
    """A prompt with operators is stored unchanged, and a search for it finds it only."""
    ensure_owl(shared)
    created = shared.generate(text).json()
    found = shared.get("/images", params={"q": text}).json()
    assert [image["prompt"] for image in found["images"]] == [text]
    metadata = shared.get(f"/images/{created['filename']}/metadata").json()
    assert metadata["first_prompt"] == metadata["prompt"] == text
    observe(_UNCHANGED)


_MATCHING_ALL = ("$where", "$ne", '{"$gt": ""}', "' OR 'a'='a", "ow* OR y*", "NOT x", "-x")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(w, marks=attack(f"The search `{w}`", expect="finds no owl"))
        for w in _MATCHING_ALL
    ],
)
def test_operators_in_searches_are_text(shared: Service, observe: Observe, text: str) -> None:
    """An operator in `q` is neither run nor an error, but text that no prompt contains."""
    ensure_owl(shared)
    response = shared.get("/images", params={"q": text, "limit": 100})
    assert response.ok
    found = [image["prompt"] for image in response.json()["images"]]
    observe("finds an owl" if _OWL in found else "finds no owl")


def _query(path: str, expect: str) -> Any:
    return pytest.param(path, marks=attack(f"`GET {path}`", expect=expect), id=path)


_INVALID = "400 invalid_request"


@pytest.mark.parametrize(
    "path",
    [
        _query("/images?q[$ne]=x", _INVALID),
        _query("/images?q.$ne=x", _INVALID),
        _query("/images?page[$gt]=0", _INVALID),
        _query("/images?page=1;drop", _INVALID),
        _query("/images?page=%D9%A1e3", _INVALID),
        _query("/images?limit=1&limit=100", _INVALID),
        _query("/images?limit=1e9", _INVALID),
        _query('/images?cursor={"$gt":""}', _INVALID),
        _query("/images?cursor=MDp7IiRndCI6IiJ9Cg%00", _INVALID),
        _query("/images?$where=1", _INVALID),
        _query("/generate-prompts?theme[$ne]=x", _INVALID),
        _query("/generate-prompts?theme=%00", _INVALID),
        _query("/generate-prompts?count[$gt]=1", _INVALID),
        _query(f"/images/{ABSENT}.png?w[$gt]=1", _INVALID),
        _query(f"/images/{ABSENT}.png?filter=$where", _INVALID),
        _query('/images/{"$gt":""}.png', "404 not_found"),
        _query('/images/{"$gt":""}/metadata', "404 not_found"),
        _query("/images/[$ne]=1", "404 not_found"),
    ],
)
def test_operators_in_queries_and_paths_are_rejected(
    shared_embedded: Service, observe: Observe, path: str
) -> None:
    """A parameter name with brackets or dots is an unknown name, not an object."""
    observe(shared_embedded.get(path))


@attack("A forged cursor with an operator as its id", expect="finds nothing more")
def test_operators_in_cursors_are_text(shared: Service, observe: Observe) -> None:
    """The id in a cursor is compared as text, and the cursor lists images only."""
    ensure_owl(shared)
    # base64url of `0:{"$gt":""}`: a time before all images, with an operator as the id.
    response = shared.get("/images?cursor=MDp7IiRndCI6IiJ9")
    assert response.ok
    observe("finds nothing more" if not response.json()["images"] else "finds images")


def _field(name: str, value: object) -> Any:
    what = f"The field `{name}` as `{value}`".replace("'", '"')
    return pytest.param({"prompt": "A fox", name: value}, marks=attack(what, expect=_INVALID))


@pytest.mark.parametrize(
    "body",
    [
        _field("prompt", {"$ne": 1}),
        _field("prompt", ["a", {"$gt": ""}]),
        _field("size", {"$regex": ".*"}),
        _field("quality", {"$in": ["low"]}),
        _field("enhance", {"$exists": True}),
        _field("$where", "1"),
        _field("prompt.$ne", "x"),
        _field("_id", ABSENT),
        _field("owner", "alice"),
        _field("state", "ready"),
        _field("charged", "no"),
    ],
)
def test_operators_and_internal_fields_are_rejected(
    shared: Service, observe: Observe, body: dict[str, Any]
) -> None:
    """A field of another type is 400, and so are fields that only the server sets."""
    before = shared.images()
    observe(shared.call("POST", "/generate-image", json=body))
    assert shared.images() == before
