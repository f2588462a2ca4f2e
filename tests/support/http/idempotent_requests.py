"""Requests for images with an idempotency key, their repetition, and their records."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from app.errors import AppError, Charged
from app.models import ImageRecord, State
from app.usecases.generation.idempotency import claim_of
from tests.support.builders import World, a_request
from tests.support.service import Service

KEY = "4f7d8a52-8a5d-4f6b-9d57-0c1f2a3d4e5f"
CLAIM = claim_of("", "a key")
"""The claim of a key in unit tests, which use no HTTP."""


def post(
    service: Service,
    prompt: str = "A red fox",
    key: str = KEY,
    *,
    accept: str = "*/*",
    **fields: Any,
) -> requests.Response:
    """Request an image with an idempotency key, on a connection of its own."""
    return requests.post(
        f"{service.url}/generate-image",
        json={"prompt": prompt, **fields},
        headers={"Idempotency-Key": key, "Accept": accept},
        timeout=60,
    )


def error_of(response: requests.Response) -> tuple[int, str, str | None]:
    """Return status, code and charge of an error response."""
    body = response.json()
    return response.status_code, body["code"], body.get("charged")


def record_of(service: Service, key: str = KEY) -> ImageRecord:
    """Return the record of an idempotency key."""
    record = service.ports.records.find(claim_of("", key))
    assert record is not None
    return record


def change_record(service: Service, key: str = KEY, **changes: Any) -> None:
    """Change fields of the record of an idempotency key."""
    record = record_of(service, key)
    assert service.ports.records.compare_and_swap(record, replace(record, **changes))


def error_of_repeated_request(world: World, claim: str = CLAIM, **fields: Any) -> AppError:
    """Repeat the request, which must fail, and return the error."""
    with pytest.raises(AppError) as caught:
        world.make(a_request(**fields), claim=claim)
    return caught.value


def finish_first_request(world: World, state: State, charged: Charged, error: str) -> None:
    """Put the first request with the key into this final state, and clear recorded calls."""
    world.make(a_request(), claim=CLAIM)
    world.records.by_id[world.record.id] = replace(
        world.record, state=state, charged=charged, error=error
    )
    world.events.clear()
    world.generator.requests.clear()
