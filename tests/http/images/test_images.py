"""GET, HEAD and DELETE /images/<filename>."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis

from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture
def without_memory(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on real parts, with nothing kept in the process's own memory."""
    settings = settings_for(data_dir=tmp_path, memory_cache_mb=0, **parts.settings)
    with serving(settings) as service:
        yield service


@pytest.fixture
def image(service: Service) -> requests.Response:
    """Generate an image and fetch it."""
    return service.get(f"/images/{service.generate().json()['filename']}")


def test_headers_let_caches_keep_it_for_ever(image: requests.Response) -> None:
    """An image has its type, length, strong ETag and date, and is immutable for a year."""
    headers = image.headers
    assert image.status_code == 200
    assert headers["Content-Type"] == "image/png"
    assert int(headers["Content-Length"]) == len(image.content)
    assert headers["ETag"].startswith('"')
    assert headers["Last-Modified"].endswith("GMT")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in headers


def test_known_image_is_not_sent_again(service: Service, image: requests.Response) -> None:
    """If-None-Match and If-Modified-Since get 304 without a body; another ETag gets it all."""
    path = image.url.removeprefix(service.url)
    tag, date = image.headers["ETag"], image.headers["Last-Modified"]
    for known in ({"If-None-Match": tag}, {"If-None-Match": "*"}, {"If-Modified-Since": date}):
        answer = service.get(path, headers=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert "immutable" in answer.headers["Cache-Control"]
    assert service.get(path, headers={"If-None-Match": '"other"'}).content == image.content


def test_head_is_get_without_the_body(service: Service, image: requests.Response) -> None:
    """HEAD has the headers of GET and no body."""
    answer = service.call("HEAD", image.url.removeprefix(service.url))
    assert (answer.status_code, answer.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"):
        assert answer.headers[name] == image.headers[name]


@pytest.mark.parametrize(
    ("asked", "part"),
    [("0-99", slice(0, 100)), ("100-", slice(100, None)), ("-50", slice(-50, None))],
)
def test_range_gets_that_part(
    service: Service, image: requests.Response, asked: str, part: slice
) -> None:
    """A range gets 206 with exactly these bytes."""
    path = image.url.removeprefix(service.url)
    answer = service.get(path, headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (206, image.content[part])
    assert answer.headers["Content-Range"].endswith(f"/{len(image.content)}")


def test_range_past_the_end_is_refused(service: Service, image: requests.Response) -> None:
    """A range that lies outside gets 416 in the one error shape."""
    path = image.url.removeprefix(service.url)
    answer = service.get(path, headers={"Range": "bytes=9999999-"})
    assert answer.status_code == 416
    assert answer.json()["status"] == "error"
    assert answer.headers["Content-Range"] == f"bytes */{len(image.content)}"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%00.png",
        "x.png",
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000000000000.jpg",
        "00000000-0000-0000-0000-000000000000.png%0a",
        "00000000-0000-0000-0000-00000000000G.png",
        "ABCDEF00-0000-0000-0000-000000000000.png",
        "a" * 5000,
        "%E2%80%AE.png",
        "..%5c..%5cwindows.png",
    ],
)
def test_any_other_name_is_not_found(embedded: Service, name: str) -> None:
    """A name that is not ours is 404 in the one shape, before any store is asked."""
    answer = embedded.get(f"/images/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_absent_image_is_not_found_and_not_cached(service: Service) -> None:
    """A well-formed name of nothing is 404, no-store, and found as soon as it is there."""
    image_id = uuid.uuid4()
    answer = service.get(f"/images/{image_id}.png")
    assert (answer.status_code, answer.json()["code"]) == (404, "image_not_found")
    assert answer.headers["Cache-Control"] == "no-store"
    service.ports.store.put(f"images/{image_id}.png", b"there now", content_type="image/png")
    assert service.get(f"/images/{image_id}.png").content == b"there now"


def test_unknown_parameter_is_refused(service: Service, image: requests.Response) -> None:
    """A parameter that means nothing is told, not ignored."""
    answer = service.get(image.url.removeprefix(service.url) + "?width=100")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "width")


def test_deleted_image_is_gone(service: Service, image: requests.Response) -> None:
    """DELETE answers 204 and removes image, original, metadata and list entry; again is 404."""
    path = image.url.removeprefix(service.url)
    image_id = path.removeprefix("/images/").removesuffix(".png")
    answer = service.call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert service.get(path).status_code == 404
    assert service.get(f"{path}/metadata").status_code == 404
    assert service.images() == []
    assert service.ports.records.get(image_id) is None
    assert service.call("DELETE", path).status_code == 404


def test_second_read_comes_from_redis(without_memory: Service, parts: Parts) -> None:
    """What was read once is served from Redis, also while S3 is down."""
    path = f"/images/{without_memory.generate().json()['filename']}"
    first = without_memory.get(path)
    parts.s3.refuse()
    assert without_memory.get(path).content == first.content


def test_poisoned_cache_is_never_served(without_memory: Service, parts: Parts) -> None:
    """A cached value that doesn't match its SHA-256 is dropped and read from S3 again."""
    path = f"/images/{without_memory.generate().json()['filename']}"
    good = without_memory.get(path).content
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        (key,) = redis.keys("*")
        whole = redis.hget(key, "image")
        assert isinstance(whole, bytes)
        for poison in (b"", b"x", whole[:-1], whole[:-1] + b"?", b"\x00" * 200):
            redis.hset(key, "image", poison)
            assert without_memory.get(path).content == good
            assert redis.hget(key, "image") == whole
        redis.delete(key)
        redis.rpush(key, "something else")
        assert without_memory.get(path).content == good


def test_deleted_image_is_gone_from_both_levels(real: Service, parts: Parts) -> None:
    """What memory and Redis had is not found any more, at once, nor brought back by a read."""
    path = f"/images/{real.generate().json()['filename']}"
    assert real.get(path).status_code == real.get(path).status_code == 200
    assert real.call("DELETE", path).status_code == 204
    for _ in range(2):
        assert real.get(path).status_code == 404
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        assert [redis.hkeys(key) for key in redis.keys("*")] == [[b"generation"]]
