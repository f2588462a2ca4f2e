"""Idempotency-Key over HTTP: one key, one image, one payment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.models import State
from tests.support.concurrency.threads import at_once
from tests.support.fake_openai import Fault
from tests.support.http.idempotent_requests import KEY, change_record, error_of, post, record_of
from tests.support.service import Parts, Service


def test_repeated_request_is_answered_from_the_first(real: Service, parts: Parts) -> None:
    """The same key and body get the same status and body, marked; no other part is asked."""
    first = post(real, enhance=True)
    asked = len(parts.fake.requests)
    second = post(real, enhance=True)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert (parts.fake.paid, len(parts.fake.requests)) == (1, asked)


def test_without_a_key_each_request_draws(service: Service) -> None:
    """No header, no memory: the same body twice is two images."""
    first, second = service.generate(), service.generate()
    assert first.json()["filename"] != second.json()["filename"]
    assert "Idempotency-Replayed" not in second.headers


def test_many_at_once_with_one_key_pay_once(
    service: Service, request: pytest.FixtureRequest
) -> None:
    """Sixteen callers with one key: one image; all others get it too, or are told to wait."""
    answers = at_once(16, lambda _: post(service))
    drawn = [answer for answer in answers if answer.status_code == 200]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(drawn) + len(waiting) == 16
    assert len({answer.json()["filename"] for answer in drawn}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in drawn) == 1
    assert {answer.json()["code"] for answer in waiting} <= {"generation_in_progress"}
    assert len(service.ports.records.scan(limit=10)) == 1
    if "real" in request.node.name:
        fake = request.getfixturevalue("parts").fake
        assert (fake.paid, len(fake.asked("images"))) == (1, 1)


def test_running_request_is_reported_at_once(real: Service, parts: Parts) -> None:
    """While the image is drawn the key is 409 with Retry-After; afterwards it answers."""
    released = threading.Event()
    parts.fake.script("images", Fault.until(released))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(post, real)
        parts.fake.wait_in_flight(1)
        answer, other = post(real), post(real, "Another")
        assert not running.done()
        released.set()
        first = running.result()
    assert error_of(answer) == (409, "generation_in_progress", "unknown")
    assert int(answer.headers["Retry-After"]) > 0
    assert error_of(other) == (422, "idempotency_key_reused", "no")
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1


@dataclass(frozen=True)
class Again:
    """A fault of the first request, and what the same key gets afterwards."""

    fault: Fault
    first: tuple[int, str, str]
    second: tuple[int, str, str] | None = None
    paid: int = 1


UNKNOWN = (409, "outcome_unknown", "unknown")
GARBAGE = (502, "provider_bad_response", "yes")
FAULTS = {
    "rate limit": Again(Fault.rate_limited(7), (503, "provider_rate_limited", "no")),
    "quota": Again(Fault.quota(), (503, "provider_quota", "no")),
    "blocked": Again(Fault.moderation_blocked(), (400, "prompt_rejected", "no")),
    "retired": Again(Fault.model_retired(), (503, "provider_misconfigured", "no")),
    "page": Again(Fault.html(), GARBAGE, GARBAGE),
    "no image": Again(Fault.svg(), GARBAGE, GARBAGE),
    "dropped": Again(Fault.drop_before_response(), (504, "provider_timeout", "unknown"), UNKNOWN),
    "cut": Again(Fault.cut(5000), (504, "provider_timeout", "unknown"), UNKNOWN),
    "error": Again(
        Fault.status(500, "server_error"), (502, "provider_error", "unknown"), UNKNOWN, paid=0
    ),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_failed_request_is_repeated_only_if_it_cost_nothing(
    real: Service, parts: Parts, case: Again
) -> None:
    """Unpaid failures may run again, in the same row; all others answer without paying."""
    parts.fake.script("images", case.fault)
    assert error_of(post(real)) == case.first
    failed = record_of(real)
    for _ in range(2):
        again = post(real)
        if case.second is None:
            assert again.json()["filename"] == f"{failed.id}.png"
        else:
            assert error_of(again) == case.second
            assert ("Idempotency-Replayed" in again.headers) is (case.second == GARBAGE)
            assert record_of(real) == failed
    assert error_of(post(real, "Another")) == (422, "idempotency_key_reused", "no")
    assert parts.fake.paid == case.paid
    assert post(real, key="a-new-key").status_code == 200
    assert parts.fake.paid == case.paid + 1


def test_refused_prompt_may_be_sent_again(real: Service, parts: Parts) -> None:
    """What moderation refuses leaves no trace, and the key is free for a better wish."""
    assert error_of(post(real, "something forbidden")) == (400, "prompt_rejected", "no")
    assert post(real, "A red fox").status_code == 200
    assert parts.fake.paid == 1


def test_deleted_image_is_not_drawn_again(service: Service) -> None:
    """After DELETE its key is 410; the row that stays for it has no text; a new key draws."""
    filename = post(service).json()["filename"]
    assert service.call("DELETE", f"/images/{filename}").status_code == 204
    for _ in range(2):
        assert error_of(post(service)) == (410, "image_deleted", "no")
    row = record_of(service)
    assert (row.state, row.prompt, row.first_prompt, row.new_prompt) == (State.DELETED, "", "", "")
    assert (list(row.tokens), row.original, row.image) == ([], None, None)
    assert list(service.ports.store.keys("originals/")) == []
    assert error_of(post(service, "Another")) == (422, "idempotency_key_reused", "no")
    assert post(service, key="a-new-key").status_code == 200


@pytest.mark.parametrize(("days", "remembered"), [(6.99, True), (7.01, False)])
def test_key_is_remembered_for_a_week(service: Service, days: float, remembered: bool) -> None:
    """Within seven days the key answers; afterwards it draws anew, and the old image stays."""
    first = post(service).json()["filename"]
    change_record(service, requested_at=record_of(service).requested_at - timedelta(days=days))
    second = post(service)
    assert ("Idempotency-Replayed" in second.headers) is remembered
    assert (second.json()["filename"] == first) is remembered
    assert len(service.images()) == (1 if remembered else 2)


@pytest.mark.parametrize("how", ["refuse", "black_hole"])
def test_keys_do_not_need_the_cache(real: Service, parts: Parts, how: str) -> None:
    """With Redis down a key is remembered as ever."""
    first = post(real)
    getattr(parts.redis, how)()
    assert post(real).json() == first.json()
    parts.redis.pass_through()
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1


def test_without_records_nothing_is_paid(real: Service, parts: Parts) -> None:
    """If nobody can tell whether a key was used, nothing is drawn."""
    first = post(real)
    parts.mongo.refuse()
    keys = (KEY, "a-new-key")
    for answer in at_once(2, lambda number: post(real, key=keys[number])):
        assert (answer.status_code, answer.json()["code"]) == (503, "records_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    parts.mongo.pass_through()
    assert post(real).json() == first.json()
    assert parts.fake.paid == 1
