"""Images with PUBLIC_IMAGES=false: for the key that they were made with, and no other."""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.errors import RecordsUnavailable
from app.http.auth import caller
from app.http.image_middleware import ImageMiddleware
from app.http.trusted_proxies import TrustedProxies
from app.models import ANONYMOUS, Scope
from app.usecases.auth.api_keys import ApiKeys
from tests.support.builders import World, a_generation
from tests.support.service import settings_for

MINE, OTHERS, NOBODYS, ABSENT = (f"0f9b2d6c-4e1a-4f0f-8a54-00000000000{n}" for n in range(4))
VARY = "Authorization, X-API-Key"
SIGNING = "signing-" * 4
METHODS = ("GET", "HEAD")
QUERIES = ("", "?w=64", "?format=auto", "?w=9999")
MORE: tuple[dict[str, str], ...] = (
    *({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}, {"If-None-Match": "broken"}),
    *({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Origin": "https://a.example"}),
)


@dataclass
class Private:
    """An app that keeps images private, and whose keys there are."""

    app: Flask
    world: World
    mine: str
    not_for_reading: str

    def open(
        self, image_id: str, key: str = "", query: str = "", method: str = "GET", **headers: str
    ) -> TestResponse:
        """Ask through the gate."""
        return self._ask(self.app.wsgi_app, image_id, key, query, method, headers)

    def both_ways(self, *asked: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Ask through the gate, then the app behind it, and return what a caller sees."""
        proxies = self.app.wsgi_app
        assert isinstance(proxies, TrustedProxies)
        gate = proxies._app
        assert isinstance(gate, ImageMiddleware)
        return seen(self._ask(gate, *asked)), seen(self._ask(gate._app, *asked))

    def _ask(
        self, way: Any, image_id: str, key: str, query: str, method: str, headers: dict[str, str]
    ) -> TestResponse:
        sent = {"X-Request-ID": "same", **headers} | ({"X-API-Key": key} if key else {})
        return Client(way).open(f"/images/{image_id}.png{query}", method=method, headers=sent)


def seen(answer: TestResponse) -> tuple[Any, ...]:
    """Return all that a caller sees."""
    headers = sorted((name.lower(), value) for name, value in answer.headers)
    return answer.status_code, answer.data, tuple(headers)


@pytest.fixture
def settings() -> dict[str, Any]:
    """Set nothing more."""
    return {}


@pytest.fixture
def private(tmp_path: Path, world: World, settings: dict[str, Any]) -> Private:
    """Serve three images: one of the key that asks, one of another key, and one of nobody."""
    keys = ApiKeys(world.keys, world.clock)
    made = keys.create("alice", scopes={Scope.READ})
    blind = keys.create("blind", scopes={Scope.GENERATE, Scope.DELETE})
    for image_id, owner in ((MINE, made.key.id), (OTHERS, blind.key.id), (NOBODYS, "")):
        world.records.insert(replace(a_generation(id=image_id), owner=owner))
        world.store.put(f"images/{image_id}.png", b"the image", content_type="image/png")
        world.store.put(f"originals/{image_id}.png", b"the original", content_type="image/png")
    world.events.clear()
    given = {"data_dir": tmp_path, "auth_required": True, "public_images": False} | settings
    return Private(create_app(settings_for(**given), world.ports), world, made.text, blind.text)


def test_who_made_it_can_read_it(private: Private) -> None:
    """Image, variant and 304 are as ever, but only the caller's own cache may keep them."""
    for query in ("", "?w=64"):
        answer = private.open(MINE, private.mine, query)
        assert answer.status_code == 200
        again = private.open(MINE, private.mine, query, **{"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        for each in (answer, again):
            assert each.headers["Cache-Control"] == "private, max-age=31536000, immutable"
            assert each.headers["Vary"] == VARY
    auto = private.open(MINE, private.mine, "?format=auto")
    assert auto.headers["Vary"] == f"Accept, {VARY}"


@pytest.mark.parametrize("image_id", [OTHERS, NOBODYS])
def test_anothers_is_as_if_it_were_not_there(private: Private, image_id: str) -> None:
    """Whatever is asked, and however: the same answer as for an absent image, and no read."""
    for method, query, more in itertools.product(METHODS, QUERIES, MORE):
        tag = {"If-None-Match": f'"{image_id}"'}
        for headers in (more, more | tag):
            theirs = private.both_ways(image_id, private.mine, query, method, headers)
            absent = private.both_ways(ABSENT, private.mine, query, method, headers)
            assert theirs == absent
            assert {status for status, *_ in theirs} == {404}
    assert not [event for event in private.world.events if event.startswith(("store", "cache"))]


def test_the_gate_and_flask_agree(private: Private) -> None:
    """Both ways give the same status, headers and body, for good, bad and no keys."""
    keys = (private.mine, private.not_for_reading, "bad", "")
    tags: tuple[dict[str, str], ...] = ({}, {"If-None-Match": f'"{MINE}"'})
    for key, query, method, more, tag in itertools.product(keys, QUERIES[:3], METHODS, MORE, tags):
        by_gate, by_flask = private.both_ways(MINE, key, query, method, more | tag)
        assert by_gate == by_flask, (key, query, method, more)


@pytest.mark.parametrize("image_id", [MINE, OTHERS, ABSENT])
def test_without_a_key_for_reading_nothing_is_reported(private: Private, image_id: str) -> None:
    """No key is 401, one without the scope 403, the same for every image; rows aren't asked."""
    tag = {"If-None-Match": f'"{image_id}"'}
    for query in QUERIES[:3]:
        for headers in ({}, tag):
            nobody = private.open(image_id, "", query, **headers)
            blind = private.open(image_id, private.not_for_reading, query, **headers)
            assert (nobody.status_code, blind.status_code) == (401, 403)
            assert nobody.headers["WWW-Authenticate"] == "Bearer"
            assert nobody.headers["Cache-Control"] == blind.headers["Cache-Control"] == "no-store"
    assert "records get" not in private.world.events


def test_records_that_can_not_be_asked_show_nothing(private: Private) -> None:
    """Whose it is, nobody can tell: 503, with the image at hand or not."""
    private.world.records.fail("get", RecordsUnavailable())
    for headers in ({}, {"If-None-Match": f'"{MINE}"'}, {"Range": "bytes=0-1"}):
        assert private.open(MINE, private.mine, **headers).status_code == 503


@pytest.mark.parametrize("key", ["mine", "not_for_reading", ""])
def test_a_thread_forgets_who_called(private: Private, key: str) -> None:
    """After a request, answered by the gate or by Flask, the thread knows no caller."""
    for query, headers in itertools.product(QUERIES, MORE):
        private.open(MINE, getattr(private, key) if key else "", query, **headers)
        assert caller() is ANONYMOUS


@pytest.mark.parametrize("settings", [{"variant_signing_keys": SIGNING}])
def test_whose_it_is_comes_before_the_signature(private: Private) -> None:
    """Of another's image not even that its variants need a signature is told."""
    assert private.open(MINE, private.mine, "?w=64").status_code == 403
    assert private.open(OTHERS, private.mine, "?w=64").status_code == 404
    assert private.open(ABSENT, private.mine, "?w=64").status_code == 404


@pytest.mark.parametrize("settings", [{"s3_bucket_name": "b-1", "serve_mode": "redirect"}])
def test_redirects_are_for_who_made_it(private: Private) -> None:
    """The signed address of the store is given to nobody else."""
    mine = private.open(MINE, private.mine)
    assert (mine.status_code, mine.headers["Vary"]) == (302, VARY)
    assert mine.headers["Cache-Control"].startswith("private, ")
    for image_id, key, status in (
        (OTHERS, private.mine, 404),
        (ABSENT, private.mine, 404),
        (MINE, private.not_for_reading, 403),
        (MINE, "", 401),
    ):
        answer = private.open(image_id, key)
        assert (answer.status_code, "Location" in answer.headers) == (status, False)


@pytest.mark.parametrize(
    "settings", [{"public_images": True}, {"auth_required": False, "public_images": True}]
)
def test_public_images_are_for_everyone(private: Private) -> None:
    """Unless both settings say so, no key is looked at, nor are the rows."""
    for image_id, key in itertools.product((MINE, OTHERS, NOBODYS), (private.mine, "bad", "")):
        answer = private.open(image_id, key)
        assert (answer.status_code, "Vary" in answer.headers) == (200, False)
        assert answer.headers["Cache-Control"].startswith("public, ")
    assert not [event for event in private.world.events if event.startswith(("keys", "records"))]
