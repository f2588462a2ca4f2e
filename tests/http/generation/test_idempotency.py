"""Idempotency keys over HTTP: one key, one image, one charge."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.models import State
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import Fault
from tests.support.http.idempotent_requests import KEY, change_record, error_of, post, record_of
from tests.support.service import Parts, Service


def test_repeated_request_returns_the_first_result(real: Service, parts: Parts) -> None:
    """The same key and body get the same response, marked as replayed, without other calls."""
    first = post(real, enhance=True)
    calls = len(parts.fake.requests)
    second = post(real, enhance=True)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert (parts.fake.paid, len(parts.fake.requests)) == (1, calls)


def test_without_a_key_each_request_generates_an_image(service: Service) -> None:
    """Without the header, the same body twice gives two images."""
    first, second = service.generate(), service.generate()
    assert first.json()["filename"] != second.json()["filename"]
    assert "Idempotency-Replayed" not in second.headers


def test_concurrent_requests_with_one_key_are_charged_once(
    service: Service, request: pytest.FixtureRequest
) -> None:
    """Of sixteen requests with one key, one generates; the others get its image or 409."""
    responses = in_threads(16, lambda _: post(service))
    succeeded = [response for response in responses if response.status_code == 200]
    waiting = [response for response in responses if response.status_code == 409]
    assert len(succeeded) + len(waiting) == 16
    assert len({response.json()["filename"] for response in succeeded}) == 1
    assert sum("Idempotency-Replayed" not in response.headers for response in succeeded) == 1
    assert {response.json()["code"] for response in waiting} <= {"generation_in_progress"}
    assert len(service.ports.records.scan(limit=10)) == 1
    if "real" in request.node.name:
        fake = request.getfixturevalue("parts").fake
        assert (fake.paid, len(fake.requests_to("images"))) == (1, 1)


def test_running_request_is_reported_immediately(real: Service, parts: Parts) -> None:
    """While the first request runs, the key is 409 with Retry-After; then it returns the image."""
    released = threading.Event()
    parts.fake.script("images", Fault.until(released))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(post, real)
        parts.fake.wait_in_flight(1)
        response, other = post(real), post(real, "Another")
        assert not running.done()
        released.set()
        first = running.result()
    assert error_of(response) == (409, "generation_in_progress", "unknown")
    assert int(response.headers["Retry-After"]) > 0
    assert error_of(other) == (422, "idempotency_key_reused", "no")
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1


@dataclass(frozen=True)
class RepeatCase:
    """A fault of the first request, and the response to the same key afterwards."""

    fault: Fault
    first: tuple[int, str, str]
    second: tuple[int, str, str] | None = None
    paid: int = 1


UNKNOWN = (409, "outcome_unknown", "unknown")
GARBAGE = (502, "provider_bad_response", "yes")
FAULTS = {
    "rate limit": RepeatCase(Fault.rate_limited(7), (503, "provider_rate_limited", "no")),
    "quota": RepeatCase(Fault.quota(), (503, "provider_quota", "no")),
    "blocked": RepeatCase(Fault.moderation_blocked(), (400, "prompt_rejected", "no")),
    "retired": RepeatCase(Fault.model_retired(), (503, "provider_misconfigured", "no")),
    "page": RepeatCase(Fault.html(), (502, "provider_bad_response", "unknown"), UNKNOWN),
    "no image": RepeatCase(Fault.svg(), GARBAGE, GARBAGE),
    "dropped": RepeatCase(
        Fault.drop_before_response(), (504, "provider_timeout", "unknown"), UNKNOWN
    ),
    "cut": RepeatCase(Fault.cut(5000), (504, "provider_timeout", "unknown"), UNKNOWN),
    "error": RepeatCase(
        Fault.status(500, "server_error"), (502, "provider_error", "unknown"), UNKNOWN, paid=0
    ),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_failed_request_is_retried_only_if_it_was_free(
    real: Service, parts: Parts, case: RepeatCase
) -> None:
    """Free failures run again, in the same record; others return an error without a charge."""
    parts.fake.script("images", case.fault)
    assert error_of(post(real)) == case.first
    failed = record_of(real)
    for _ in range(2):
        repeated = post(real)
        if case.second is None:
            assert repeated.json()["filename"] == f"{failed.id}.png"
        else:
            assert error_of(repeated) == case.second
            assert ("Idempotency-Replayed" in repeated.headers) is (case.second == GARBAGE)
            assert record_of(real) == failed
    assert error_of(post(real, "Another")) == (422, "idempotency_key_reused", "no")
    assert parts.fake.paid == case.paid
    assert post(real, key="a-new-key").status_code == 200
    assert parts.fake.paid == case.paid + 1


def test_rejected_prompt_leaves_its_key_unused(real: Service, parts: Parts) -> None:
    """A rejected prompt leaves no record, and its key can be used for another prompt."""
    assert error_of(post(real, "something forbidden")) == (400, "prompt_rejected", "no")
    assert post(real, "A red fox").status_code == 200
    assert parts.fake.paid == 1


def test_deleted_image_is_not_generated_again(service: Service) -> None:
    """After DELETE the key is 410; its record has no texts; a new key generates an image."""
    filename = post(service).json()["filename"]
    assert service.call("DELETE", f"/images/{filename}").status_code == 204
    for _ in range(2):
        assert error_of(post(service)) == (410, "image_deleted", "no")
    record = record_of(service)
    assert (record.state, record.prompt, record.first_prompt, record.new_prompt) == (
        State.DELETED,
        "",
        "",
        "",
    )
    assert (list(record.tokens), record.original, record.image) == ([], None, None)
    assert list(service.ports.store.keys("originals/")) == []
    assert error_of(post(service, "Another")) == (422, "idempotency_key_reused", "no")
    assert post(service, key="a-new-key").status_code == 200


@pytest.mark.parametrize(("days", "is_valid"), [(6.99, True), (7.01, False)])
def test_key_is_valid_for_a_week(service: Service, days: float, is_valid: bool) -> None:
    """Within seven days the key replays; later it generates a new image and keeps the old one."""
    first = post(service).json()["filename"]
    change_record(service, requested_at=record_of(service).requested_at - timedelta(days=days))
    second = post(service)
    assert ("Idempotency-Replayed" in second.headers) is is_valid
    assert (second.json()["filename"] == first) is is_valid
    assert len(service.images()) == (1 if is_valid else 2)


@pytest.mark.parametrize("fault", ["refuse", "black_hole"])
def test_keys_work_without_the_cache(real: Service, parts: Parts, fault: str) -> None:
    """With Redis down a key is is_valid as ever."""
    first = post(real)
    getattr(parts.redis, fault)()
    assert post(real).json() == first.json()
    parts.redis.pass_through()
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1


def test_without_records_nothing_is_charged(real: Service, parts: Parts) -> None:
    """If the records can't be read, no image is generated."""
    first = post(real)
    parts.mongo.refuse()
    keys = (KEY, "a-new-key")
    for response in in_threads(2, lambda number: post(real, key=keys[number])):
        assert (response.status_code, response.json()["code"]) == (503, "records_unavailable")
        assert int(response.headers["Retry-After"]) > 0
    parts.mongo.pass_through()
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1
