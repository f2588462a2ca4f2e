"""The URL of a replaced image redirects to the newest one, by middleware and by Flask's view."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.blueprints.dependencies import dependencies_of
from app.errors import RecordsUnavailable
from app.http.image_middleware import ImageMiddleware
from app.http.proxies.trusted_proxies import TrustedProxies
from app.models import ImageRecord, State
from tests.support.builders import World, a_record
from tests.support.service import settings_for

OLD, MIDDLE, NEW = (f"0f9b2d6c-4e1a-4f0f-8a54-00000000000{n}" for n in range(3))
YEAR = 365 * 24 * 3600
QUERIES = ("", "?", "?w=64", "?h=64&fit=cover&format=auto", "?w=", "?w=256")
EXTRA_HEADERS: tuple[dict[str, str], ...] = (
    *({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}, {"If-None-Match": '"other"'}),
    *({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Origin": "https://a.example"}),
)


def an_app(tmp_path: Path, world: World, **settings: Any) -> Flask:
    """Return an app on fakes, on which OLD was replaced by MIDDLE, and that by NEW."""
    for record in (
        a_record(id=OLD, state=State.REPLACED, replaced_by=MIDDLE),
        a_record(id=MIDDLE, state=State.REPLACED, replaced_by=NEW, parent=OLD),
        a_record(id=NEW, parent=MIDDLE),
    ):
        world.records.insert(record)
    world.store.put(f"images/{NEW}.png", b"the image", content_type="image/png")
    return create_app(settings_for(data_dir=tmp_path, **settings), world.ports)


def layers_of(app: Flask) -> tuple[Any, Any]:
    """Return the image middleware, and the app behind it."""
    proxies = app.wsgi_app
    assert isinstance(proxies, TrustedProxies)
    middleware = proxies._app
    assert isinstance(middleware, ImageMiddleware)
    return middleware, middleware._app


def get(app: Flask, image_id: str, query: str = "", method: str = "GET") -> TestResponse:
    """Request an image, without following redirects."""
    return Client(app.wsgi_app).open(f"/images/{image_id}.png{query}", method=method)


def change(world: World, image_id: str, **changes: Any) -> ImageRecord:
    """Change a stored record."""
    record = replace(world.records.by_id[image_id], **changes)
    world.records.by_id[image_id] = record
    return record


def test_both_paths_redirect_to_the_newest_image(tmp_path: Path, world: World) -> None:
    """Any version redirects there in one hop, permanently, with its query and for a year."""
    layers = layers_of(an_app(tmp_path, world))
    requests = itertools.product((OLD, MIDDLE), QUERIES, ("GET", "HEAD"), EXTRA_HEADERS)
    for image_id, query, method, extra in requests:
        headers = {"X-Request-ID": "same", **extra}
        path = f"/images/{image_id}.png{query}"
        by_middleware, by_flask = (
            Client(layer).open(path, method=method, headers=headers) for layer in layers
        )
        assert (by_middleware.status_code, by_middleware.data) == (308, b"")
        location = f"http://localhost/images/{NEW}.png{query.removesuffix('?') or ''}"
        assert by_middleware.headers["Location"] == location, (path, method, extra)
        assert by_middleware.headers["Cache-Control"] == f"public, max-age={YEAR}"
        assert by_middleware.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" not in by_middleware.headers
        assert sorted(by_middleware.headers) == sorted(by_flask.headers), (path, method, extra)


def test_redirect_follows_a_later_replacement(tmp_path: Path, world: World) -> None:
    """Nothing remembers the former target, so the first URL leads to the newest image again."""
    app = an_app(tmp_path, world)
    newest = a_record(id="0f9b2d6c-4e1a-4f0f-8a54-000000000009", parent=NEW)
    assert get(app, OLD).headers["Location"].endswith(f"{NEW}.png")
    world.records.insert(newest)
    change(world, NEW, state=State.REPLACED, replaced_by=newest.id)
    for image_id in (OLD, MIDDLE):
        assert get(app, image_id).headers["Location"].endswith(f"{newest.id}.png")


@pytest.mark.parametrize("newest", [None, State.DELETED, State.PENDING, State.FAILED])
def test_url_is_absent_without_a_ready_replacement(
    tmp_path: Path, world: World, newest: State | None
) -> None:
    """If the replacement was deleted, the old URL is 404 and not cached, as after a deletion."""
    app = an_app(tmp_path, world)
    if newest is None:
        world.records.delete(NEW)
    else:
        change(world, NEW, state=newest)
    for image_id in (OLD, MIDDLE):
        response = get(app, image_id)
        assert (response.status_code, response.get_json()["code"]) == (404, "image_not_found")
        assert response.headers["Cache-Control"] == "no-store"


def test_without_records_an_absent_image_is_unknown(tmp_path: Path, world: World) -> None:
    """A missing image may have been replaced, so it is 503; stored images need no records."""
    app = an_app(tmp_path, world)
    world.records.fail("get", RecordsUnavailable("down"))
    for image_id in (OLD, "0f9b2d6c-4e1a-4f0f-8a54-00000000000f"):
        response = get(app, image_id)
        assert (response.status_code, response.get_json()["code"]) == (503, "records_unavailable")
        assert response.headers["Retry-After"] == "5"
    assert get(app, NEW).data == b"the image"


def test_stored_images_are_served_without_records(tmp_path: Path, world: World) -> None:
    """A plain read costs no query, whatever was replaced."""
    app = an_app(tmp_path, world)
    world.events.clear()
    assert get(app, NEW).status_code == 200
    assert world.events == ["store get images"]


def test_signed_variants_stay_signed(tmp_path: Path, world: World) -> None:
    """The redirect is signed for the other image until the same time, and cached no longer."""
    app = an_app(tmp_path, world, variant_signing_keys="k" * 32)
    signer = dependencies_of(app).signer
    signature = signer.sign(OLD, "h=64&w=64", seconds=600)
    query = f"?expires={signature.expires}&w=64&sig={signature.sig}"
    response = get(app, OLD, query)
    location = urlsplit(response.headers["Location"])
    assert response.headers["Cache-Control"] == "public, max-age=600"
    sent = parse_qs(location.query)
    assert (sent["w"], sent["expires"]) == (["64"], [str(signature.expires)])
    assert sent["sig"] != [signature.sig]
    assert get(app, NEW, f"?{location.query}").status_code == 200
    assert get(app, NEW, query).status_code == 403
    assert get(app, OLD, query.replace("w=64", "w=65")).status_code == 403


def test_redirect_mode_redirects_here_first(tmp_path: Path, world: World) -> None:
    """With SERVE_MODE=redirect the store no longer has a replaced image, so its URL is not sent."""
    app = an_app(
        tmp_path,
        world,
        serve_mode="redirect",
        s3_bucket_name="bucket",
        aws_access_key_id="id",
        aws_secret_access_key="secret",
    )
    response = get(app, OLD, "?w=256")
    assert response.status_code == 308
    assert response.headers["Location"] == f"http://localhost/images/{NEW}.png?w=256"
    assert get(app, NEW).status_code == 302
    world.records.fail("get", RecordsUnavailable("down"))
    assert get(app, OLD).status_code == 302
