"""Caching of variants: shared computations, conditional requests and concurrency limits."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from redis import Redis

from tests.support.concurrency.threads import in_threads
from tests.support.http.variant_requests import (
    CountingImaging,
    SlowImaging,
    decode_image,
    error_of,
    store_image,
)
from tests.support.service import Parts, Service, serving, settings_for


def test_conditional_request_computes_nothing(
    service_with_fake: Service, imaging: CountingImaging
) -> None:
    """The variant's ETag gives 304 without computing it; the plain image's gives 200."""
    path = store_image(service_with_fake)
    tag = service_with_fake.get(f"{path}?w=64").headers["ETag"]
    fresh = store_image(service_with_fake)
    fresh_tag = tag.replace(path[8:-4], fresh[8:-4])
    imaging.computed.clear()
    for if_none_match in (fresh_tag, f"W/{fresh_tag}", f'"x", {fresh_tag}'):
        response = service_with_fake.get(f"{fresh}?w=64", headers={"If-None-Match": if_none_match})
        assert (response.status_code, response.content, imaging.computed) == (304, b"", [])
        assert response.headers["ETag"] == fresh_tag
    plain = service_with_fake.get(fresh).headers["ETag"]
    assert (
        service_with_fake.get(f"{fresh}?w=64", headers={"If-None-Match": plain}).status_code == 200
    )


def test_spellings_of_a_variant_share_one_result(
    service_with_fake: Service, imaging: CountingImaging
) -> None:
    """Queries reordered or respelled have the same ETag and bytes, from one computation."""
    path = store_image(service_with_fake)
    queries = (
        "w=64&brightness=1.5&background=%23ff0000",
        "background=F00&brightness=1.50&w=64&h=64",
        "h=32&dpr=2&background=ff0000&brightness=1.5&hue=&rotate=0&quality=9",
        "%77=64&brightness=1%2E5&background=f00&sig=unused&expires=1",
    )
    responses = [service_with_fake.get(f"{path}?{query}") for query in queries]
    assert len({(response.headers["ETag"], response.content) for response in responses}) == 1
    assert len(imaging.computed) == 1
    plain = service_with_fake.get(path)
    for query in ("w=256", "?", "w=&format=png", "contrast=1.0&flip="):
        same = service_with_fake.get(f"{path}?{query}".replace("??", "?"))
        assert (same.headers["ETag"], same.content) == (plain.headers["ETag"], plain.content)
    assert len(imaging.computed) == 1


def test_concurrent_requests_share_one_computation(
    service_with_fake: Service, imaging: CountingImaging
) -> None:
    """Twenty concurrent requests for a new variant share one computation."""
    path = store_image(service_with_fake)
    responses = in_threads(
        20, lambda _: requests.get(f"{service_with_fake.url}{path}?w=99", timeout=60)
    )
    assert {(response.status_code, response.content) for response in responses} == {
        (200, responses[0].content),
    }
    assert imaging.computed == ["h=99&w=99"]


def test_requests_above_the_limit_are_rejected_immediately(tmp_path: Path) -> None:
    """Above the limit it is 503 `busy` with Retry-After; cached variants are still served."""
    slow = SlowImaging()
    settings = settings_for(data_dir=tmp_path, max_concurrent_variants=2)
    with serving(settings, image_processor=slow) as service, ThreadPoolExecutor(2) as callers:
        path = store_image(service)
        slow.gate.set()
        assert service.get(f"{path}?w=50").status_code == 200
        assert slow.started.acquire(timeout=60)
        slow.gate.clear()
        urls = [f"{service.url}{path}?w={width}" for width in (51, 52)]
        waiting = [callers.submit(requests.get, url, timeout=60) for url in urls]
        assert all(slow.started.acquire(timeout=60) for _ in waiting)
        rejected = service.get(f"{path}?w=53")
        assert error_of(rejected) == (503, "busy")
        assert int(rejected.headers["Retry-After"]) > 0
        assert "charged" not in rejected.json()
        for available in (f"{path}?w=50", path, "/healthz", "/readyz"):
            assert service.get(available).status_code == 200
        slow.gate.set()
        assert [future.result().status_code for future in waiting] == [200, 200]
        assert service.get(f"{path}?w=53").status_code == 200


def test_second_read_comes_from_redis(real: Service, parts: Parts) -> None:
    """Another process serves the variant from Redis, also while S3 is down."""
    path = store_image(real)
    first = real.get(f"{path}?w=64")
    parts.s3.refuse()
    counting = CountingImaging()
    settings = settings_for(data_dir=real.data_dir, **parts.settings)
    with serving(settings, image_processor=counting) as other:
        assert other.get(f"{path}?w=64").content == first.content
    assert counting.computed == []


def test_poisoned_cache_is_never_served(real: Service, parts: Parts) -> None:
    """A cached value of another variant, or any other bytes, is computed again."""
    path, other = store_image(real), store_image(real)
    expected = real.get(f"{path}?w=64").content
    queries = ((path, "?w=65"), (path, ""), (other, "?w=64"))
    for image_path, query in queries:
        assert real.get(image_path + query).status_code == 200
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        (key,) = redis.keys(f"*{path[8:-4]}*")
        (others,) = redis.keys(f"*{other[8:-4]}*")
        own, foreign = redis.hgetall(key), redis.hgetall(others)
        (field,) = [name for name in own if b"w=64" in name]
        other_variants = [value for name, value in own.items() if name != field]
        for damaged in (*other_variants, *foreign.values(), b"", b"x", own[field][:-1] + b"?"):
            redis.hset(key, field, damaged)
            with serving(settings_for(data_dir=real.data_dir, **parts.settings)) as fresh:
                assert fresh.get(f"{path}?w=64").content == expected


def test_other_headers_have_no_effect(service_with_fake: Service, imaging: CountingImaging) -> None:
    """Host, forwarded headers, cookies and others don't change a variant or its cache key."""
    path = store_image(service_with_fake)
    expected = service_with_fake.get(f"{path}?w=64")
    for headers in (
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/images/x.png?w=9"},
        {"Accept": "image/webp", "Accept-Language": "de", "Cookie": "w=9", "Save-Data": "on"},
    ):
        response = service_with_fake.get(f"{path}?w=64", headers=headers)
        assert (response.content, response.headers["ETag"]) == (
            expected.content,
            expected.headers["ETag"],
        )
        assert "Vary" not in response.headers
        assert "evil" not in str(response.headers)
    assert len(imaging.computed) == 1


def test_variants_of_absent_and_deleted_images_are_not_found(service: Service) -> None:
    """404 for an absent image, and immediately after deletion, also if cached."""
    assert error_of(service.get(f"/images/{uuid.uuid4()}.png?w=64")) == (404, "image_not_found")
    path = f"/images/{service.generate().json()['filename']}"
    queries = ("?w=64", "?w=512&format=webp", "?format=auto")
    for query in (*queries, *queries):
        decode_image(service.get(path + query))
    assert service.call("DELETE", path).status_code == 204
    for query in queries:
        assert error_of(service.get(path + query)) == (404, "image_not_found")
