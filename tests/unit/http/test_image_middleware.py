"""The gate before Flask: it answers as Flask's view does, and reads nothing where it needn't."""

import itertools
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.container import build_ports
from app.errors import StorageUnavailable
from app.http.image_middleware import ImageMiddleware
from app.http.trusted_proxies import TrustedProxies
from app.ports import Ports
from tests.support.builders import World
from tests.support.service import settings_for

IMAGE_ID = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
PATH = f"/images/{IMAGE_ID}.png"
ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"
TAG = f'"{IMAGE_ID}"'
LIST = "https://app.example.com,https://example.com"


def an_app(tmp_path: Path, world: World, origins: str = "*") -> Flask:
    """Make an app on fakes, with one image in the store."""
    settings = settings_for(data_dir=tmp_path, cors_origins=origins)
    world.store.put(PATH[1:], b"the image", content_type="image/png")
    world.events.clear()
    return create_app(settings, world.ports)


def seen(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return all that a caller sees."""
    headers = sorted((name.lower(), value) for name, value in answer.headers)
    return answer.status_code, answer.data, headers


@pytest.mark.parametrize("origins", ["*", "https://app.example.com", LIST])
def test_a_caller_can_not_report_the_gate_from_flask(
    tmp_path: Path, world: World, origins: str
) -> None:
    """Status, headers and body are the same on both ways, whatever is asked, and however."""
    outermost = an_app(tmp_path, world, origins).wsgi_app
    assert isinstance(outermost, TrustedProxies)
    gate = outermost._app
    assert isinstance(gate, ImageMiddleware)
    methods = ("GET", "HEAD", "POST", "OPTIONS")
    paths = (
        *(PATH, PATH + "?", PATH + "?w=", PATH + "?unknown=1", ABSENT),
        *(PATH.upper(), PATH + "/", PATH + "%0a", "/images//" + PATH[8:]),
    )
    known = (None, TAG, f"W/{TAG}", f'"other", {TAG}', '"other"', "*", "broken", "")
    senders = (None, "https://app.example.com", "HTTPS://APP.example.com", "https://evil.example")
    more: tuple[dict[str, str], ...] = (
        *({}, {"Range": "bytes=0-3"}, {"Range": "bytes=99-"}, {"If-Match": TAG}),
        *({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Accept": "image/webp"}),
        {"Access-Control-Request-Private-Network": "true"},
    )
    plain = itertools.product(methods, paths, known[:3], senders[:1], more[:1])
    shared = itertools.product(methods[:2], paths[:1], known, senders, more)
    queries = ("w=64", "h=64&fit=cover&format=auto", "w=256", "w=9999", "w=64;h=1", "w=1&w=1")
    asked = (f"{PATH}?{query}" for query in queries)
    varied = itertools.product(methods[:2], asked, (None, "*"), senders[:2], more)
    for method, path, tag, sender, others in itertools.chain(plain, shared, varied):
        given = {"X-Request-ID": "same", "If-None-Match": tag, "Origin": sender, **others}
        headers = {name: value for name, value in given.items() if value is not None}
        by_gate, by_flask = (
            seen(Client(way).open(path, method=method, headers=headers))
            for way in (gate, gate._app)
        )
        assert by_gate == by_flask, (method, path, headers)


@pytest.mark.parametrize("tag", [TAG, f"W/{TAG}", f'"a", W/"b", {TAG}'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_caller_has_is_not_read(
    tmp_path: Path, world: World, method: str, tag: str
) -> None:
    """304 reads neither store nor cache, since an image's name tells its ETag."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    answer = client.open(PATH, method=method, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", TAG)
    assert "Content-Length" not in answer.headers
    assert world.events == []


def test_star_asks_for_what_exists(tmp_path: Path, world: World) -> None:
    """`If-None-Match: *` is 304 for an image that is there, and 404 for one that is not."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    found = [
        client.get(path, headers={"If-None-Match": "*"}).status_code for path in (PATH, ABSENT)
    ]
    assert found == [304, 404]


def test_head_of_an_image_at_hand_reads_no_store(tmp_path: Path) -> None:
    """Once an image is cached, HEAD tells its length without asking the store."""
    settings = settings_for(data_dir=tmp_path)
    ports: Ports = build_ports(settings)
    ports.store.put(PATH[1:], b"the image", content_type="image/png")
    client = Client(create_app(settings, ports).wsgi_app)
    assert client.get(PATH).data == b"the image"
    (tmp_path / "store" / PATH[1:]).unlink()
    answer = client.head(PATH)
    assert (answer.status_code, answer.headers["Content-Length"], answer.data) == (200, "9", b"")


@pytest.mark.parametrize("error", [StorageUnavailable("the reason"), RuntimeError("a bug")])
def test_a_failure_is_read_once_and_has_the_one_shape(
    tmp_path: Path, world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails in the gate is told by Flask, with the caller's id, and not tried again."""
    app = an_app(tmp_path, world)
    world.store.fail("get images", error)
    answer = Client(app.wsgi_app).get(PATH, headers={"X-Request-ID": "mine"})
    reported = answer.get_json()
    assert answer.status_code == (503 if isinstance(error, StorageUnavailable) else 500)
    assert (reported["request_id"], answer.headers["X-Request-ID"]) == ("mine", "mine")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.events.count("store get images") == 1
    assert caplog.text.count(f"GET {PATH}") <= 1


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": TAG}])
def test_each_request_is_one_log_line_with_its_id(
    tmp_path: Path, world: World, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The line tells id, method, path, status and time, as for any other request."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    capsys.readouterr()
    status = client.get(PATH, headers=headers | {"X-Request-ID": "mine"}).status_code
    (line,) = capsys.readouterr().err.splitlines()
    assert f" INFO [mine] GET {PATH} {status} " in line
    assert line.endswith(" ms")


def test_made_ids_are_all_different(tmp_path: Path, world: World) -> None:
    """Requests that bring no id get one of 32 hexadecimal digits each."""
    client = Client(an_app(tmp_path, world).wsgi_app)
    made = {client.get(PATH).headers["X-Request-ID"] for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in made)
