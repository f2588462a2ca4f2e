"""GET and HEAD /images/<filename> with parameters."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from redis import Redis

from tests.support.concurrency.threads import at_once
from tests.support.http.variant_requests import (
    CountingImaging,
    SlowImaging,
    decode_image,
    error_of,
    store_image,
)
from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture
def imaging() -> CountingImaging:
    """Give an imaging that computes nothing and counts."""
    return CountingImaging()


@pytest.fixture
def cheap(tmp_path: Path, imaging: CountingImaging) -> Iterator[Service]:
    """Serve with files, and with that imaging."""
    with serving(settings_for(data_dir=tmp_path), imaging=imaging) as service:
        yield service


def test_each_format_and_size_for_nothing(real: Service, parts: Parts) -> None:
    """Every format comes in its format and size, with one payment for all, and with no records."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.mongo.refuse()
    for kind, mode in (("png", "RGBA"), ("webp", "RGBA"), ("avif", "RGBA"), ("jpeg", "RGB")):
        for width, height in ((512, 512), (300, 100), (32, 64)):
            answer = real.get(f"{path}?w={width}&h={height}&format={kind}")
            image = decode_image(answer)
            assert (image.format, image.mode) == (kind.upper(), mode)
            assert image.size == (width, height)
    assert decode_image(real.get(f"{path}?w=100&dpr=1.5&filter=sepia&rotate=90")).size == (150, 150)
    assert decode_image(real.get(f"{path}?holes=cut&shadow=2,4,6&outline=3,%23ff0000")).size == (
        256,
        256,
    )
    parts.mongo.pass_through()
    assert parts.fake.paid == 1


def test_headers_are_those_of_an_image(service: Service) -> None:
    """A variant may be cached for a year, has its own ETag, the image's date, and ranges."""
    path = store_image(service)
    plain, variant = service.get(path), service.get(f"{path}?w=64&format=webp")
    assert variant.headers["ETag"].startswith(plain.headers["ETag"][:-1] + "-")
    assert variant.headers["Last-Modified"] == plain.headers["Last-Modified"]
    names = {"Cache-Control", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"}
    for name in (*names, "Accept-Ranges", "Access-Control-Allow-Origin"):
        assert variant.headers[name] == plain.headers[name]
    assert "Vary" not in variant.headers
    part = service.get(f"{path}?w=64&format=webp", headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, variant.content[4:10])
    assert part.headers["ETag"] == variant.headers["ETag"]


def test_known_variant_is_not_sent_again(cheap: Service, imaging: CountingImaging) -> None:
    """A variant's own ETag gets 304, and computes nothing; the plain image's gets the variant."""
    path = store_image(cheap)
    tag = cheap.get(f"{path}?w=64").headers["ETag"]
    fresh = store_image(cheap)
    unmade = tag.replace(path[8:-4], fresh[8:-4])
    imaging.computed.clear()
    for known in (unmade, f"W/{unmade}", f'"x", {unmade}'):
        answer = cheap.get(f"{fresh}?w=64", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, imaging.computed) == (304, b"", [])
        assert answer.headers["ETag"] == unmade
    plain = cheap.get(fresh).headers["ETag"]
    assert cheap.get(f"{fresh}?w=64", headers={"If-None-Match": plain}).status_code == 200


def test_head_is_get_without_the_body(service: Service) -> None:
    """HEAD of a variant has the headers of its GET, length included, and no body."""
    path = f"{store_image(service)}?w=64&format=avif"
    head, whole = service.call("HEAD", path), service.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/avif,image/webp,*/*;q=0.8", "avif"),
        ("image/avif;q=0.2,image/webp", "webp"),
        ("*/*", "png"),
        ("", "png"),
    ],
)
def test_auto_follows_accept_and_says_so(embedded: Service, accept: str, kind: str) -> None:
    """`format=auto` gives the best that Accept names, with that one's ETag, and `Vary: Accept`."""
    path = store_image(embedded)
    for method in ("GET", "HEAD"):
        answer = embedded.call(method, f"{path}?w=64&format=auto", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == f"image/{kind}"
        assert answer.headers["Vary"] == "Accept"
        fixed = embedded.call(
            method, f"{path}?w=64&format={kind}", headers={"Accept": "image/webp"}
        )
        assert answer.headers["ETag"] == fixed.headers["ETag"]
        assert "Vary" not in fixed.headers
    ranged = embedded.get(
        f"{path}?w=64&format=auto", headers={"Accept": accept, "Range": "bytes=0-3"}
    )
    assert (ranged.status_code, ranged.headers["Vary"]) == (206, "Accept")


def test_spellings_of_a_variant_share_everything(cheap: Service, imaging: CountingImaging) -> None:
    """Other orders and spellings have the same ETag and bytes, and one computation."""
    path = store_image(cheap)
    queries = (
        "w=64&brightness=1.5&background=%23ff0000",
        "background=F00&brightness=1.50&w=64&h=64",
        "h=32&dpr=2&background=ff0000&brightness=1.5&hue=&rotate=0&quality=9",
        "%77=64&brightness=1%2E5&background=f00&sig=unused&expires=1",
    )
    answers = [cheap.get(f"{path}?{query}") for query in queries]
    assert len({(each.headers["ETag"], each.content) for each in answers}) == 1
    assert len(imaging.computed) == 1
    plain = cheap.get(path)
    for query in ("w=256", "?", "w=&format=png", "contrast=1.0&flip="):
        same = cheap.get(f"{path}?{query}".replace("??", "?"))
        assert (same.headers["ETag"], same.content) == (plain.headers["ETag"], plain.content)
    assert len(imaging.computed) == 1


def test_many_callers_of_a_variant_cost_one_computation(
    cheap: Service, imaging: CountingImaging
) -> None:
    """Twenty requests for the same new variant at the same time are answered from one."""
    path = store_image(cheap)
    answers = at_once(20, lambda _: requests.get(f"{cheap.url}{path}?w=99", timeout=30))
    assert {(each.status_code, each.content) for each in answers} == {
        (200, answers[0].content),
    }
    assert imaging.computed == ["h=99&w=99"]


def test_above_the_limit_callers_hear_it_at_once(tmp_path: Path) -> None:
    """Full places: 503 `busy` with Retry-After, while cached variants and health are answered."""
    slow = SlowImaging()
    settings = settings_for(data_dir=tmp_path, max_concurrent_variants=2)
    with serving(settings, imaging=slow) as service, ThreadPoolExecutor(2) as callers:
        path = store_image(service)
        slow.gate.set()
        assert service.get(f"{path}?w=50").status_code == 200
        assert slow.started.acquire(timeout=10)
        slow.gate.clear()
        addresses = [f"{service.url}{path}?w={width}" for width in (51, 52)]
        waiting = [callers.submit(requests.get, each, timeout=30) for each in addresses]
        assert all(slow.started.acquire(timeout=10) for _ in waiting)
        refused = service.get(f"{path}?w=53")
        assert error_of(refused) == (503, "busy")
        assert int(refused.headers["Retry-After"]) > 0
        assert "charged" not in refused.json()
        for answered in (f"{path}?w=50", path, "/healthz", "/readyz"):
            assert service.get(answered).status_code == 200
        slow.gate.set()
        assert [each.result().status_code for each in waiting] == [200, 200]
        assert service.get(f"{path}?w=53").status_code == 200


def test_second_read_comes_from_redis(real: Service, parts: Parts) -> None:
    """Another process serves it from Redis, also while S3 is down, and computes nothing."""
    path = store_image(real)
    first = real.get(f"{path}?w=64")
    parts.s3.refuse()
    counting = CountingImaging()
    settings = settings_for(data_dir=real.data_dir, **parts.settings)
    with serving(settings, imaging=counting) as other:
        assert other.get(f"{path}?w=64").content == first.content
    assert counting.computed == []


def test_poisoned_cache_is_never_served(real: Service, parts: Parts) -> None:
    """Another variant's value under this name, or any other bytes, are computed anew."""
    path, other = store_image(real), store_image(real)
    good = real.get(f"{path}?w=64").content
    queries = ((path, "?w=65"), (path, ""), (other, "?w=64"))
    for place, query in queries:
        assert real.get(place + query).status_code == 200
    with Redis.from_url(parts.settings["redis_url"]) as redis:
        (key,) = redis.keys(f"*{path[8:-4]}*")
        (others,) = redis.keys(f"*{other[8:-4]}*")
        mine, strange = redis.hgetall(key), redis.hgetall(others)
        (field,) = [name for name in mine if b"w=64" in name]
        wrong = [value for name, value in mine.items() if name != field]
        for poison in (*wrong, *strange.values(), b"", b"x", mine[field][:-1] + b"?"):
            redis.hset(key, field, poison)
            with serving(settings_for(data_dir=real.data_dir, **parts.settings)) as fresh:
                assert fresh.get(f"{path}?w=64").content == good


@pytest.mark.parametrize(
    "query",
    [
        "w=64&w=65",
        "W=65",
        "w=64;h=65",
        "w%3D64=65",
        "w[]=65",
        "w=64&%20w=65",
        "w=64&w%00=65",
        "w=64%26format=webp",
        "format=png%0d%0aX-Evil:1",
        "filter=sepia%26w=9",
    ],
)
def test_smuggled_parameters_are_refused(
    cheap: Service, imaging: CountingImaging, query: str
) -> None:
    """What a cache in between might read in another way is 400, and nothing is computed."""
    path = store_image(cheap)
    for method in ("GET", "HEAD"):
        answer = cheap.call(method, f"{path}?{query}")
        assert answer.status_code == 400
        assert "X-Evil" not in answer.headers
    assert error_of(cheap.get(f"{path}?{query}")) == (400, "invalid_request")
    assert imaging.computed == []


def test_other_headers_change_nothing(cheap: Service, imaging: CountingImaging) -> None:
    """Host, forwarded addresses, cookies and the like neither change nor split a variant."""
    path = store_image(cheap)
    good = cheap.get(f"{path}?w=64")
    for headers in (
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/images/x.png?w=9"},
        {"Accept": "image/webp", "Accept-Language": "de", "Cookie": "w=9", "Save-Data": "on"},
    ):
        answer = cheap.get(f"{path}?w=64", headers=headers)
        assert (answer.content, answer.headers["ETag"]) == (good.content, good.headers["ETag"])
        assert "Vary" not in answer.headers
        assert "evil" not in str(answer.headers)
    assert len(imaging.computed) == 1


def test_wrong_parameters_are_named(embedded: Service) -> None:
    """400 tells parameter and range, in the one shape, also for an image that isn't there."""
    answer = embedded.get(f"/images/{uuid.uuid4()}.png?w=9999&brightness=nan")
    assert error_of(answer) == (400, "invalid_request")
    assert answer.json()["errors"] == [
        {"field": "w", "message": "Must be a whole number from 1 to 2048."},
        {"field": "brightness", "message": "Must be a number from 0 to 4."},
    ]


def test_absent_and_deleted_images_have_no_variants(service: Service) -> None:
    """404 where there is no image, and at once after its deletion, wherever it was cached."""
    assert error_of(service.get(f"/images/{uuid.uuid4()}.png?w=64")) == (404, "image_not_found")
    path = f"/images/{service.generate().json()['filename']}"
    queries = ("?w=64", "?w=512&format=webp", "?format=auto")
    for query in (*queries, *queries):
        decode_image(service.get(path + query))
    assert service.call("DELETE", path).status_code == 204
    for query in queries:
        assert error_of(service.get(path + query)) == (404, "image_not_found")


def test_missing_original_is_reported(embedded: Service) -> None:
    """An image whose original is gone has small variants; large ones say what is missing."""
    path = store_image(embedded)
    embedded.ports.store.delete(f"originals/{path[8:-4]}.png")
    assert decode_image(embedded.get(f"{path}?w=64")).size == (64, 64)
    assert error_of(embedded.get(f"{path}?w=512")) == (404, "original_missing")


def test_damaged_image_is_reported_and_logged(embedded: Service) -> None:
    """Bytes in the store that are no image are an error of the server's that names the image."""
    image_id = str(uuid.uuid4())
    embedded.ports.store.put(f"images/{image_id}.png", b"no image", content_type="image/png")
    assert error_of(embedded.get(f"/images/{image_id}.png?w=64")) == (500, "image_damaged")
    assert f"image_damaged: {image_id}" in embedded.log.getvalue()
    assert "Traceback" not in embedded.log.getvalue()


def test_openapi_describes_each_parameter(embedded: Service) -> None:
    """/openapi.json has every parameter with range and default, and all answers there are."""
    got = embedded.get("/openapi.json").json()["paths"]["/images/{filename}"]["get"]
    schemas = {each["name"]: each["schema"] for each in got["parameters"]}
    names = "w h fit dpr format quality background padding brightness contrast saturation hue gamma"
    more = "sharpness filter rotate flip outline shadow holes expires sig"
    assert set(schemas) == {"filename", *names.split(), *more.split()}
    assert all(each["description"] for each in got["parameters"] if each["in"] == "query")
    w, gamma = schemas["w"], schemas["gamma"]
    assert (w["type"], w["minimum"], w["maximum"], "default" in w) == ("integer", 1, 2048, False)
    assert (gamma["minimum"], gamma["maximum"], gamma["default"]) == (0.1, 4, 1)
    assert schemas["fit"]["enum"] == ["contain", "cover", "fill"]
    assert schemas["filter"]["type"] == "array"
    types = {f"image/{each}" for each in ("png", "webp", "avif", "jpeg")}
    assert set(got["responses"]["200"]["content"]) == types
    error_of = {
        code
        for status in ("400", "403", "404", "500", "503")
        for code in got["responses"][status]["content"]["application/json"]["examples"]
    }
    assert {"signature_required", "signature_invalid", "signature_expired", "busy"} <= error_of
    assert {"invalid_request", "image_not_found", "original_missing", "image_damaged"} <= error_of
