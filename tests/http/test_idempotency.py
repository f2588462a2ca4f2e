"""Idempotency-Key over HTTP: one key, one picture, one payment."""

import requests

from tests.apps import Parts, Service

KEY = {"Idempotency-Key": "4f7d8a52-8a5d-4f6b-9d57-0c1f2a3d4e5f"}


def post(
    service: Service, prompt: str = "A red fox", key: str = KEY["Idempotency-Key"]
) -> requests.Response:
    """Ask for a picture under a key."""
    return service.call(
        "POST", "/generate-image", json={"prompt": prompt}, headers={"Idempotency-Key": key}
    )


def test_repeated_request_is_answered_from_the_first(real: Service, parts: Parts) -> None:
    """The same key and body get the same status and body, marked, and nothing is paid."""
    first, second = post(real), post(real)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert parts.fake.paid == 1
