"""POST /generate-image with `n` above 1."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.fake_openai import Fault
from tests.support.http.clients import streaming
from tests.support.http.idempotent_requests import KEY, error_of, post
from tests.support.service import Parts, Service, serving, settings_for

MESSAGE = "The image provider is busy. Nothing was charged. Try again later."


def indexes(body: dict[str, Any], field: str) -> list[int]:
    """Return which candidates are images or failures."""
    return [candidate["index"] for candidate in body[field]]


def test_candidates_are_images_of_their_own(real: Service, parts: Parts) -> None:
    """Each is drawn by a call for one image, paid, stored and listed; a repeat buys nothing."""
    response = post(real, n=3)
    body = response.json()
    assert (response.status_code, body["status"], body["failures"]) == (200, "success", [])
    assert indexes(body, "images") == [0, 1, 2]
    assert "Location" not in response.headers
    assert [request.body["n"] for request in parts.fake.requests_to("images")] == [1, 1, 1]
    assert parts.fake.paid == 3
    files = {image["filename"] for image in body["images"]}
    assert {image["filename"] for image in real.images()} == files
    assert all(real.get(f"/images/{name}").status_code == 200 for name in files)
    again = post(real, n=3)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (body, "true")
    assert parts.fake.paid == 3


def test_failures_are_beside_the_images(real: Service, parts: Parts) -> None:
    """The same key draws what was not charged; then all are images."""
    parts.fake.script("images", Fault.rate_limited(), Fault.rate_limited())
    body = post(real, n=3).json()
    assert (len(body["images"]), parts.fake.paid) == (1, 1)
    codes = {(one["code"], one["message"], one["charged"]) for one in body["failures"]}
    assert codes == {("provider_rate_limited", MESSAGE, "no")}
    assert sorted(indexes(body, "images") + indexes(body, "failures")) == [0, 1, 2]
    again = post(real, n=3)
    assert "Idempotency-Replayed" not in again.headers
    assert (indexes(again.json(), "images"), parts.fake.paid) == ([0, 1, 2], 3)
    assert body["images"][0] in again.json()["images"]
    assert again.json()["group"] == body["group"]


def test_without_an_image_the_response_is_an_error(real: Service, parts: Parts) -> None:
    """It is that of the first candidate, with its charge and headers, and lists all."""
    parts.fake.always("images", Fault.rate_limited(retry_after=7))
    response = post(real, n=2)
    assert error_of(response) == (503, "provider_rate_limited", "no")
    assert response.headers["Retry-After"] == "7"
    assert indexes(response.json(), "failures") == [0, 1]


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (2, 3)])
def test_a_key_is_bound_to_its_number(embedded: Service, first: int, second: int) -> None:
    """Another number under the same key is another request, and changes nothing."""
    assert post(embedded, n=first).status_code == 200
    assert error_of(post(embedded, n=second)) == (422, "idempotency_key_reused", "no")
    assert len(embedded.images()) == first


def test_one_image_has_the_response_that_it_always_had(embedded: Service) -> None:
    """`n` of 1, or null, equals no `n`, under the same key too."""
    plain = post(embedded)
    for n in (1, None):
        again = post(embedded, n=n)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (plain.json(), "true")


@pytest.fixture
def narrow(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve with two places for generations, and three images an hour."""
    settings = parts.settings | {"max_concurrent_generations": 2, "rate_limit_generate": "3/hour"}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        yield service


def test_a_group_keeps_to_the_limits(narrow: Service, parts: Parts) -> None:
    """Two are drawn side by side and then the third; they count as three requests."""
    released = threading.Event()
    parts.fake.script("images", *[Fault.until(released)] * 2)
    with ThreadPoolExecutor(1) as pool:
        group = pool.submit(post, narrow, n=3)
        parts.fake.wait_in_flight(2)
        released.set()
        response = group.result()
    assert indexes(response.json(), "images") == [0, 1, 2]
    assert parts.fake.peak_in_flight == 2
    assert response.headers["RateLimit"].startswith('"generate";r=0;')
    assert error_of(post(narrow, n=3))[:2] == (429, "rate_limited")


def test_refused_candidates_count_as_one_request(narrow: Service, parts: Parts) -> None:
    """A group above the rest of the rate is refused whole, and so is one above the rate."""
    dry = narrow.generate(n=3, dry_run=True)
    assert dry.headers["RateLimit"].startswith('"generate";r=2;')
    assert error_of(post(narrow, n=3))[:2] == (429, "rate_limited")
    never = post(narrow, n=4, key="another")
    assert (never.status_code, never.json()["errors"][0]["field"]) == (400, "n")
    assert parts.fake.requests_to("images") == []


def test_a_dry_run_estimates_all(real: Service) -> None:
    """The estimate is that of one image, times their number, with all requests."""
    one, three = (real.generate(n=n, dry_run=True).json() for n in (1, 3))
    assert three["estimate_usd"] == pytest.approx(3 * one["estimate_usd"])
    assert three["requests"] == 3 * one["requests"]


def test_events_name_the_candidate(real: Service, parts: Parts) -> None:
    """Its steps, previews and outcome have its index; the result equals the plain response."""
    parts.fake.script("images", Fault.rate_limited())
    with streaming(real.url, {"Idempotency-Key": KEY}, n=2, partial_images=1) as stream:
        events = stream.rest()
    *_, result = events
    shared = [event for event in events if "index" not in event.data and event is not result]
    assert [event.data["step"] for event in shared[:2]] == ["moderation", "checks"]
    (image,) = [event.data for event in events if event.name == "image"]
    (failure,) = [event.data for event in events if event.name == "failure"]
    assert {image["index"], failure["index"]} == {0, 1}
    drawn = [
        event.data["step"]
        for event in events
        if event.name == "progress" and event.data.get("index") == image["index"]
    ]
    assert drawn == ["record", "upstream", "original", "cutout", "store", "record"]
    for partial in (event.data for event in events if event.name == "partial"):
        assert (partial["index"], partial["partial_index"]) == (image["index"], 0)
    assert (result.name, result.data["images"]) == ("result", [image])
    assert result.data["failures"] == [failure]
    parts.fake.always("images", Fault.rate_limited())
    with streaming(real.url, {"Idempotency-Key": "another"}, n=2) as stream:
        *_, error = stream.rest()
    assert (error.name, error.data["http_status"]) == ("error", 503)
    assert indexes(error.data, "failures") == [0, 1]


def test_edits_have_candidates(real: Service, parts: Parts) -> None:
    """Each is an edit of its own, with the same parents; what fails is drawn again alone."""
    name = real.generate().json()["filename"]
    parts.fake.script("edits", Fault.rate_limited())
    body, headers = {"prompt": "Make it blue", "n": 2}, {"Idempotency-Key": KEY}

    def edit() -> requests.Response:
        return real.call("POST", f"/images/{name}/edits", json=body, headers=headers)

    first, paid = edit().json(), parts.fake.paid
    assert (len(first["images"]), len(first["failures"]), paid) == (1, 1, 2)
    second = edit().json()
    assert (indexes(second, "images"), parts.fake.paid) == ([0, 1], 3)
    assert [image["parents"] for image in second["images"]] == [[name]] * 2
    assert {image["group"] for image in second["images"]} == {first["group"]}
    assert edit().headers["Idempotency-Replayed"] == "true"
    assert parts.fake.paid == 3


def test_painted_candidates_differ(embedded: Service) -> None:
    """The offline painter draws other emblems of the same prompt; the first one is as always."""
    single = embedded.generate().json()
    group = embedded.generate(n=3).json()["images"]
    hashes = [image["original"]["sha256"] for image in group]
    assert len(set(hashes)) == 3
    assert hashes[0] == single["original"]["sha256"]


def test_metrics_count_each_candidate(embedded: Service) -> None:
    """A group of two counts as two generations, and its repetition as two replays."""
    for _ in range(2):
        assert post(embedded, n=2).status_code == 200
    lines = requests.get(f"{embedded.url}/metrics", timeout=60).text.splitlines()
    counts = [line for line in lines if line.startswith("imageapi_generations_total{")]
    assert 'imageapi_groups_total{outcome="all"} 1.0' in lines
    assert 'imageapi_groups_total{outcome="replayed"} 1.0' in lines
    assert {(line.split('outcome="')[1].split('"')[0], line.split()[-1]) for line in counts} >= {
        ("ready", "2.0"),
        ("replayed", "2.0"),
    }
