"""Operators in place of words."""

from typing import Any

import pytest

from tests.attacks import Seen, attack
from tests.support.service import Service

ABSENT = "00000000-0000-4000-8000-000000000000"
_JUST_TEXT = "stored and found as it is"
_OWL = "An owl on a branch"
_WORDS = (
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


def an_owl(service: Service) -> None:
    """Have an owl in the list, which is drawn once in a module."""
    if _OWL not in (image["prompt"] for image in service.images()):
        assert service.generate(_OWL).ok


@pytest.mark.parametrize(
    "words", [pytest.param(w, marks=attack(f"The prompt `{w}`", expect=_JUST_TEXT)) for w in _WORDS]
)
def test_what_looks_like_an_operator_is_text(shared: Service, seen: Seen, words: str) -> None:
    """Such a prompt is stored as it is, found again by its words, and finds nothing else."""
    an_owl(shared)
    made = shared.generate(words).json()
    found = shared.get("/images", params={"q": words}).json()
    assert [image["prompt"] for image in found["images"]] == [words]
    reported = shared.get(f"/images/{made['filename']}/metadata").json()
    assert reported["first_prompt"] == reported["prompt"] == words
    seen(_JUST_TEXT)


_FINDS_ALL = ("$where", "$ne", '{"$gt": ""}', "' OR 'a'='a", "ow* OR y*", "NOT x", "-x")


@pytest.mark.parametrize(
    "words",
    [pytest.param(w, marks=attack(f"The search `{w}`", expect="finds no owl")) for w in _FINDS_ALL],
)
def test_no_search_finds_what_does_not_have_its_words(
    shared: Service, seen: Seen, words: str
) -> None:
    """An operator in `q` is neither run nor an error: it is words that no prompt has."""
    an_owl(shared)
    answer = shared.get("/images", params={"q": words, "limit": 100})
    assert answer.ok
    found = [image["prompt"] for image in answer.json()["images"]]
    seen("finds an owl" if _OWL in found else "finds no owl")


def _query(path: str, expect: str) -> Any:
    return pytest.param(path, marks=attack(f"`GET {path}`", expect=expect), id=path)


_WRONG = "400 invalid_request"


@pytest.mark.parametrize(
    "path",
    [
        _query("/images?q[$ne]=x", _WRONG),
        _query("/images?q.$ne=x", _WRONG),
        _query("/images?page[$gt]=0", _WRONG),
        _query("/images?page=1;drop", _WRONG),
        _query("/images?page=%D9%A1e3", _WRONG),
        _query("/images?limit=1&limit=100", _WRONG),
        _query("/images?limit=1e9", _WRONG),
        _query('/images?cursor={"$gt":""}', _WRONG),
        _query("/images?cursor=MDp7IiRndCI6IiJ9Cg%00", _WRONG),
        _query("/images?$where=1", _WRONG),
        _query("/generate-prompts?theme[$ne]=x", _WRONG),
        _query("/generate-prompts?theme=%00", _WRONG),
        _query("/generate-prompts?count[$gt]=1", _WRONG),
        _query(f"/images/{ABSENT}.png?w[$gt]=1", _WRONG),
        _query(f"/images/{ABSENT}.png?filter=$where", _WRONG),
        _query('/images/{"$gt":""}.png', "404 not_found"),
        _query('/images/{"$gt":""}/metadata', "404 not_found"),
        _query("/images/[$ne]=1", "404 not_found"),
    ],
)
def test_operators_in_queries_and_paths_are_refused(
    shared_embedded: Service, seen: Seen, path: str
) -> None:
    """No parser here makes an object of a name with brackets or dots: it is an unknown name."""
    seen(shared_embedded.get(path))


@attack("A cursor made by hand, with an operator for an id", expect="finds nothing more")
def test_a_forged_cursor_is_only_a_place(shared: Service, seen: Seen) -> None:
    """The id in a cursor is compared as text, whatever it says, and gives nothing but the list."""
    an_owl(shared)
    # base64url of `0:{"$gt":""}`: before all images, with an operator for an id.
    answer = shared.get("/images?cursor=MDp7IiRndCI6IiJ9")
    assert answer.ok
    seen("finds nothing more" if not answer.json()["images"] else "finds images")


def _field(name: str, value: object) -> Any:
    what = f"The field `{name}` as `{value}`".replace("'", '"')
    return pytest.param({"prompt": "A fox", name: value}, marks=attack(what, expect=_WRONG))


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
        _field("owner", "somebody"),
        _field("state", "ready"),
        _field("charged", "no"),
    ],
)
def test_fields_take_no_objects_and_no_others_are_taken(
    shared: Service, seen: Seen, body: dict[str, Any]
) -> None:
    """A field is of its type or 400, and what only the shared may set can't be sent at all."""
    before = shared.images()
    seen(shared.call("POST", "/generate-image", json=body))
    assert shared.images() == before
