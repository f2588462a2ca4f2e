"""With PUBLIC_IMAGES=false, images can be read only with the key that generated them."""

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
from app.http.proxies.trusted_proxies import TrustedProxies
from app.models import ANONYMOUS, Scope
from app.usecases.auth.api_keys import ApiKeys
from tests.support.builders import World, a_record
from tests.support.service import settings_for

OWN, FOREIGN, ANONYMOUS_IMAGE, ABSENT = (
    f"0f9b2d6c-4e1a-4f0f-8a54-00000000000{n}" for n in range(4)
)
VARY = "Authorization, X-API-Key"
SIGNING = "signing-" * 4
METHODS = ("GET", "HEAD")
QUERIES = ("", "?w=64", "?format=auto", "?w=9999")
EXTRA_HEADERS: tuple[dict[str, str], ...] = (
    *({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}, {"If-None-Match": "broken"}),
    *({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Origin": "https://a.example"}),
)


@dataclass
class PrivateImages:
    """An app with private images, and its API keys."""

    app: Flask
    world: World
    own_key: str
    key_without_read: str

    def open(
        self, image_id: str, key: str = "", query: str = "", method: str = "GET", **headers: str
    ) -> TestResponse:
        """Send a request through the middleware."""
        return self._send(self.app.wsgi_app, image_id, key, query, method, headers)

    def both_paths(self, *arguments: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Send a request to the middleware and to the app behind it; return both responses."""
        proxies = self.app.wsgi_app
        assert isinstance(proxies, TrustedProxies)
        middleware = proxies._app
        assert isinstance(middleware, ImageMiddleware)
        by_middleware = self._send(middleware, *arguments)
        by_flask = self._send(middleware._app, *arguments)
        return parts_of(by_middleware), parts_of(by_flask)

    def _send(
        self,
        wsgi_app: Any,
        image_id: str,
        key: str,
        query: str,
        method: str,
        headers: dict[str, str],
    ) -> TestResponse:
        sent = {"X-Request-ID": "same", **headers} | ({"X-API-Key": key} if key else {})
        return Client(wsgi_app).open(f"/images/{image_id}.png{query}", method=method, headers=sent)


def parts_of(response: TestResponse) -> tuple[Any, ...]:
    """Return status, body and headers."""
    headers = sorted((name.lower(), value) for name, value in response.headers)
    return response.status_code, response.data, tuple(headers)


@pytest.fixture
def settings() -> dict[str, Any]:
    """Add no settings."""
    return {}


@pytest.fixture
def private(tmp_path: Path, world: World, settings: dict[str, Any]) -> PrivateImages:
    """Serve three images: of the caller's key, of another key, and without an owner."""
    keys = ApiKeys(world.keys, world.clock)
    own = keys.create("alice", scopes={Scope.READ})
    no_read = keys.create("blind", scopes={Scope.GENERATE, Scope.DELETE})
    for image_id, owner in ((OWN, own.key.id), (FOREIGN, no_read.key.id), (ANONYMOUS_IMAGE, "")):
        world.records.insert(replace(a_record(id=image_id), owner=owner))
        world.store.put(f"images/{image_id}.png", b"the image", content_type="image/png")
        world.store.put(f"originals/{image_id}.png", b"the original", content_type="image/png")
    world.events.clear()
    values = {"data_dir": tmp_path, "auth_required": True, "public_images": False} | settings
    return PrivateImages(
        create_app(settings_for(**values), world.ports), world, own.text, no_read.text
    )


def test_owner_can_read_an_image(private: PrivateImages) -> None:
    """Image, variant and 304 work as usual, but only the client's own cache may keep them."""
    for query in ("", "?w=64"):
        response = private.open(OWN, private.own_key, query)
        assert response.status_code == 200
        not_modified = private.open(
            OWN, private.own_key, query, **{"If-None-Match": response.headers["ETag"]}
        )
        assert not_modified.status_code == 304
        for each in (response, not_modified):
            assert each.headers["Cache-Control"] == "private, max-age=31536000, immutable"
            assert each.headers["Vary"] == VARY
    auto = private.open(OWN, private.own_key, "?format=auto")
    assert auto.headers["Vary"] == f"Accept, {VARY}"


@pytest.mark.parametrize("image_id", [FOREIGN, ANONYMOUS_IMAGE])
def test_foreign_images_look_absent(private: PrivateImages, image_id: str) -> None:
    """All kinds of requests get the response for an absent image, without a read."""
    for method, query, extra in itertools.product(METHODS, QUERIES, EXTRA_HEADERS):
        tag = {"If-None-Match": f'"{image_id}"'}
        for headers in (extra, extra | tag):
            foreign = private.both_paths(image_id, private.own_key, query, method, headers)
            absent = private.both_paths(ABSENT, private.own_key, query, method, headers)
            assert foreign == absent
            assert {status for status, *_ in foreign} == {404}
    assert not [event for event in private.world.events if event.startswith(("store", "cache"))]


def test_middleware_and_flask_agree(private: PrivateImages) -> None:
    """Both paths give the same status, headers and body with valid, invalid and no keys."""
    keys = (private.own_key, private.key_without_read, "bad", "")
    tags: tuple[dict[str, str], ...] = ({}, {"If-None-Match": f'"{OWN}"'})
    for key, query, method, extra, tag in itertools.product(
        keys, QUERIES[:3], METHODS, EXTRA_HEADERS, tags
    ):
        by_middleware, by_flask = private.both_paths(OWN, key, query, method, extra | tag)
        assert by_middleware == by_flask, (key, query, method, extra)


@pytest.mark.parametrize("image_id", [OWN, FOREIGN, ABSENT])
def test_without_the_read_scope_nothing_is_revealed(private: PrivateImages, image_id: str) -> None:
    """No key gives 401, no scope 403, the same for every image and without reading records."""
    tag = {"If-None-Match": f'"{image_id}"'}
    for query in QUERIES[:3]:
        for headers in ({}, tag):
            without_key = private.open(image_id, "", query, **headers)
            no_read = private.open(image_id, private.key_without_read, query, **headers)
            assert (without_key.status_code, no_read.status_code) == (401, 403)
            assert without_key.headers["WWW-Authenticate"] == "Bearer"
            assert (
                without_key.headers["Cache-Control"]
                == no_read.headers["Cache-Control"]
                == "no-store"
            )
    assert "records get" not in private.world.events


def test_unavailable_records_reveal_nothing(private: PrivateImages) -> None:
    """If the owner can't be read, the response is 503, with the image cached or not."""
    private.world.records.fail("get", RecordsUnavailable())
    for headers in ({}, {"If-None-Match": f'"{OWN}"'}, {"Range": "bytes=0-1"}):
        assert private.open(OWN, private.own_key, **headers).status_code == 503


@pytest.mark.parametrize("key", ["own_key", "key_without_read", ""])
def test_caller_is_cleared_after_a_request(private: PrivateImages, key: str) -> None:
    """After a request to the middleware or Flask, the current caller is anonymous."""
    for query, headers in itertools.product(QUERIES, EXTRA_HEADERS):
        private.open(OWN, getattr(private, key) if key else "", query, **headers)
        assert caller() is ANONYMOUS


@pytest.mark.parametrize("settings", [{"variant_signing_keys": SIGNING}])
def test_owner_is_checked_before_the_signature(private: PrivateImages) -> None:
    """For a foreign image the response does not reveal that a signature is required."""
    assert private.open(OWN, private.own_key, "?w=64").status_code == 403
    assert private.open(FOREIGN, private.own_key, "?w=64").status_code == 404
    assert private.open(ABSENT, private.own_key, "?w=64").status_code == 404


@pytest.mark.parametrize("settings", [{"s3_bucket_name": "b-1", "serve_mode": "redirect"}])
def test_only_the_owner_gets_a_redirect(private: PrivateImages) -> None:
    """The store's signed URL is sent to the owner only."""
    own = private.open(OWN, private.own_key)
    assert (own.status_code, own.headers["Vary"]) == (302, VARY)
    assert own.headers["Cache-Control"].startswith("private, ")
    for image_id, key, status in (
        (FOREIGN, private.own_key, 404),
        (ABSENT, private.own_key, 404),
        (OWN, private.key_without_read, 403),
        (OWN, "", 401),
    ):
        response = private.open(image_id, key)
        assert (response.status_code, "Location" in response.headers) == (status, False)


@pytest.mark.parametrize(
    "settings", [{"public_images": True}, {"auth_required": False, "public_images": True}]
)
def test_public_images_need_no_key(private: PrivateImages) -> None:
    """Unless both settings restrict access, neither keys nor records are read."""
    for image_id, key in itertools.product(
        (OWN, FOREIGN, ANONYMOUS_IMAGE), (private.own_key, "bad", "")
    ):
        response = private.open(image_id, key)
        assert (response.status_code, "Vary" in response.headers) == (200, False)
        assert response.headers["Cache-Control"].startswith("public, ")
    assert not [event for event in private.world.events if event.startswith(("keys", "records"))]
