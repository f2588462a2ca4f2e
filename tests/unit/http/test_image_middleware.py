"""The image middleware responds as Flask's view does, and avoids unnecessary reads."""

import itertools
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.container import build_ports
from app.errors import StorageUnavailable
from app.http.image_middleware import ImageMiddleware
from app.http.proxies.trusted_proxies import TrustedProxies
from app.ports import Ports
from tests.support.builders import SMALLEST_PNG, World
from tests.support.service import settings_for

IMAGE_ID = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
PATH = f"/images/{IMAGE_ID}.png"
ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"
TAG = f'"{IMAGE_ID}"'
LIST = "https://app.example.com,https://example.com"


def an_app(tmp_path: Path, world: World, origins: str = "*") -> Flask:
    """Return an app on fakes, with one image in the store."""
    settings = settings_for(data_dir=tmp_path, cors_origins=origins)
    world.store.put(PATH[1:], b"the image", content_type="image/png")
    world.events.clear()
    return create_app(settings, world.ports)


def parts_of(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return status, body and headers."""
    headers = sorted((name.lower(), value) for name, value in response.headers)
    return response.status_code, response.data, headers


@pytest.mark.parametrize("origins", ["*", "https://app.example.com", LIST])
def test_middleware_and_flask_give_the_same_response(
    tmp_path: Path, world: World, origins: str
) -> None:
    """Status, headers and body are the same on both paths for all kinds of requests."""
    outermost = an_app(tmp_path, world, origins).wsgi_app
    assert isinstance(outermost, TrustedProxies)
    middleware = outermost._app
    assert isinstance(middleware, ImageMiddleware)
    methods = ("GET", "HEAD", "POST", "OPTIONS")
    paths = (
        *(PATH, PATH + "?", PATH + "?w=", PATH + "?unknown=1", ABSENT),
        *(PATH.upper(), PATH + "/", PATH + "%0a", "/images//" + PATH[8:]),
    )
    tags = (None, TAG, f"W/{TAG}", f'"other", {TAG}', '"other"', "*", "broken", "")
    origins_sent = (
        None,
        "https://app.example.com",
        "HTTPS://APP.example.com",
        "https://evil.example",
    )
    extra_headers: tuple[dict[str, str], ...] = (
        *({}, {"Range": "bytes=0-3"}, {"Range": "bytes=99-"}, {"If-Match": TAG}),
        *({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Accept": "image/webp"}),
        {"Access-Control-Request-Private-Network": "true"},
    )
    all_methods = itertools.product(methods, paths, tags[:3], origins_sent[:1], extra_headers[:1])
    all_headers = itertools.product(methods[:2], paths[:1], tags, origins_sent, extra_headers)
    queries = ("w=64", "h=64&fit=cover&format=auto", "w=256", "w=9999", "w=64;h=1", "w=1&w=1")
    variant_paths = (f"{PATH}?{query}" for query in queries)
    all_variants = itertools.product(
        methods[:2], variant_paths, (None, "*"), origins_sent[:2], extra_headers
    )
    for method, path, tag, origin, extra in itertools.chain(all_methods, all_headers, all_variants):
        candidates = {"X-Request-ID": "same", "If-None-Match": tag, "Origin": origin, **extra}
        headers = {name: value for name, value in candidates.items() if value is not None}
        by_middleware, by_flask = (
            parts_of(Client(wsgi_app).open(path, method=method, headers=headers))
            for wsgi_app in (middleware, middleware._app)
        )
        assert by_middleware == by_flask, (method, path, headers)


@pytest.mark.parametrize("tag", [TAG, f"W/{TAG}", f'"a", W/"b", {TAG}'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_not_modified_reads_nothing(tmp_path: Path, world: World, method: str, tag: str) -> None:
    """304 reads neither store nor cache, since the ETag follows from the image's name."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    response = client.open(PATH, method=method, headers={"If-None-Match": tag})
    assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", TAG)
    assert "Content-Length" not in response.headers
    assert world.events == []


def test_star_matches_existing_images_only(tmp_path: Path, world: World) -> None:
    """`If-None-Match: *` is 304 for an existing image, and 404 for an absent one."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    statuses = [
        client.get(path, headers={"If-None-Match": "*"}).status_code for path in (PATH, ABSENT)
    ]
    assert statuses == [304, 404]


def test_head_of_a_cached_image_does_not_read_the_store(tmp_path: Path) -> None:
    """HEAD returns the length of a cached image without reading the store."""
    settings = settings_for(data_dir=tmp_path)
    ports: Ports = build_ports(settings)
    ports.store.put(PATH[1:], SMALLEST_PNG, content_type="image/png")
    client = Client(create_app(settings, ports).wsgi_app)
    assert client.get(PATH).data == SMALLEST_PNG
    (tmp_path / "store" / PATH[1:]).unlink()
    response = client.head(PATH)
    assert (response.status_code, response.headers["Content-Length"], response.data) == (
        200,
        str(len(SMALLEST_PNG)),
        b"",
    )


@pytest.mark.parametrize("error", [StorageUnavailable("the reason"), RuntimeError("a bug")])
def test_failures_are_handled_by_flask_without_a_second_read(
    tmp_path: Path, world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Flask formats failures in the middleware, with the request id and without a retry."""
    app = an_app(tmp_path, world)
    world.store.fail("get images", error)
    response = Client(app.wsgi_app).get(PATH, headers={"X-Request-ID": "mine"})
    body = response.get_json()
    assert response.status_code == (503 if isinstance(error, StorageUnavailable) else 500)
    assert (body["request_id"], response.headers["X-Request-ID"]) == ("mine", "mine")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"
    assert world.events.count("store get images") == 1
    assert caplog.text.count(f"GET {PATH}") <= 1


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": TAG}])
def test_each_request_has_one_log_line_with_its_id(
    tmp_path: Path, world: World, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The line contains id, method, path, status and time, as for any other request."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    capsys.readouterr()
    status = client.get(PATH, headers=headers | {"X-Request-ID": "mine"}).status_code
    (line,) = capsys.readouterr().err.splitlines()
    assert f" INFO [mine] GET {PATH} {status} " in line
    assert line.endswith(" ms")


def test_generated_ids_are_unique(tmp_path: Path, world: World) -> None:
    """Requests without an id each get their own of 32 hexadecimal digits."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    ids = {client.get(PATH).headers["X-Request-ID"] for _ in range(100)}
    assert len(ids) == 100
    assert all(len(request_id) == 32 and int(request_id, 16) >= 0 for request_id in ids)
