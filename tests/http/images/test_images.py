"""GET, HEAD and DELETE /images/<filename>."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis

from tests.support.builders import SMALLEST_PNG
from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture
def without_memory_cache(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on real parts, without the memory cache."""
    settings = settings_for(data_dir=tmp_path, memory_cache_mb=0, **parts.settings)
    with serving(settings) as service:
        yield service


@pytest.fixture
def image(service: Service) -> requests.Response:
    """Generate an image and fetch it."""
    return service.get(f"/images/{service.generate().json()['filename']}")


def test_headers_allow_permanent_caching(image: requests.Response) -> None:
    """An image has type, length, strong ETag and date, and can be cached for a year."""
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


def test_conditional_requests_get_304(service: Service, image: requests.Response) -> None:
    """If-None-Match and If-Modified-Since give 304 without a body; another ETag gives 200."""
    path = image.url.removeprefix(service.url)
    tag, date = image.headers["ETag"], image.headers["Last-Modified"]
    for headers in ({"If-None-Match": tag}, {"If-None-Match": "*"}, {"If-Modified-Since": date}):
        response = service.get(path, headers=headers)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == tag
        assert "immutable" in response.headers["Cache-Control"]
    assert service.get(path, headers={"If-None-Match": '"other"'}).content == image.content


def test_head_is_get_without_the_body(service: Service, image: requests.Response) -> None:
    """HEAD has the headers of GET, without a body."""
    response = service.call("HEAD", image.url.removeprefix(service.url))
    assert (response.status_code, response.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"):
        assert response.headers[name] == image.headers[name]


@pytest.mark.parametrize(
    ("byte_range", "part"),
    [("0-99", slice(0, 100)), ("100-", slice(100, None)), ("-50", slice(-50, None))],
)
def test_range_returns_that_part(
    service: Service, image: requests.Response, byte_range: str, part: slice
) -> None:
    """A range gives 206 with exactly these bytes."""
    path = image.url.removeprefix(service.url)
    response = service.get(path, headers={"Range": f"bytes={byte_range}"})
    assert (response.status_code, response.content) == (206, image.content[part])
    assert response.headers["Content-Range"].endswith(f"/{len(image.content)}")


def test_several_ranges_return_the_whole(service: Service, image: requests.Response) -> None:
    """They are ignored, for images, what is made from them, and originals."""
    path = image.url.removeprefix(service.url)
    for each in (path, f"{path}?w=64", f"{path}/palette", f"{path}/original"):
        response = service.get(each, headers={"Range": "bytes=0-9, 20-29"})
        assert (response.status_code, "Content-Range" in response.headers) == (200, False), each
        assert response.content == service.get(each).content


def test_range_past_the_end_is_rejected(service: Service, image: requests.Response) -> None:
    """A range past the end is 416 with a JSON error."""
    path = image.url.removeprefix(service.url)
    response = service.get(path, headers={"Range": "bytes=9999999-"})
    assert response.status_code == 416
    assert response.json()["status"] == "error"
    assert response.headers["Content-Range"] == f"bytes */{len(image.content)}"


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
    """A name of any other form is 404 without reading a store."""
    response = embedded.get(f"/images/{name}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_absent_image_is_not_found_and_not_cached(service: Service) -> None:
    """An absent image is 404 and no-store, and 200 as soon as it is stored."""
    image_id = uuid.uuid4()
    response = service.get(f"/images/{image_id}.png")
    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")
    assert response.headers["Cache-Control"] == "no-store"
    service.ports.store.put(f"images/{image_id}.png", SMALLEST_PNG, content_type="image/png")
    assert service.get(f"/images/{image_id}.png").content == SMALLEST_PNG


def test_unknown_parameter_is_rejected(service: Service, image: requests.Response) -> None:
    """An unknown parameter is 400, not ignored."""
    response = service.get(image.url.removeprefix(service.url) + "?width=100")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "width")


def test_deleted_image_is_not_found(service: Service, image: requests.Response) -> None:
    """DELETE is 204 and removes image, original, prompt and list entry; again it is 404."""
    path = image.url.removeprefix(service.url)
    image_id = path.removeprefix("/images/").removesuffix(".png")
    response = service.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert service.get(path).status_code == 404
    assert service.get(f"{path}/metadata").status_code == 404
    assert service.images() == []
    tombstone = service.ports.records.get(image_id)
    assert tombstone
    assert tombstone.is_tombstone
    assert not tombstone.prompt
    assert service.call("DELETE", path).status_code == 404


def test_second_read_comes_from_redis(without_memory_cache: Service, parts: Parts) -> None:
    """An image that was read once is served from Redis, also while S3 is down."""
    path = f"/images/{without_memory_cache.generate().json()['filename']}"
    first = without_memory_cache.get(path)
    parts.s3.refuse()
    assert without_memory_cache.get(path).content == first.content


def test_poisoned_cache_is_never_served(without_memory_cache: Service, parts: Parts) -> None:
    """A cached value that doesn't match its SHA-256 is replaced from S3."""
    path = f"/images/{without_memory_cache.generate().json()['filename']}"
    content = without_memory_cache.get(path).content
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        (key,) = redis.keys("*")
        cached = redis.hget(key, "image")
        assert isinstance(cached, bytes)
        for damaged in (b"", b"x", cached[:-1], cached[:-1] + b"?", b"\x00" * 200):
            redis.hset(key, "image", damaged)
            assert without_memory_cache.get(path).content == content
            repaired = redis.hget(key, "image")
            # The entry begins with the time of writing: only its image is the same.
            assert isinstance(repaired, bytes)
            assert repaired.endswith(content)
            assert len(repaired) == len(cached)
        redis.delete(key)
        redis.rpush(key, "something else")
        assert without_memory_cache.get(path).content == content


def test_deleted_image_is_removed_from_both_caches(real: Service, parts: Parts) -> None:
    """After deletion neither memory nor Redis serves the image, and a read doesn't restore it."""
    path = f"/images/{real.generate().json()['filename']}"
    assert real.get(path).status_code == real.get(path).status_code == 200
    assert real.call("DELETE", path).status_code == 204
    for _ in range(2):
        assert real.get(path).status_code == 404
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        assert [redis.hkeys(key) for key in redis.keys("*")] == [[b"generation"]]
