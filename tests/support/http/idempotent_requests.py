"""Requests for images with an idempotency key, and access to their records."""

from dataclasses import replace
from typing import Any

import requests

from app.models import ImageRecord
from app.usecases.generation.idempotency import claim_of
from tests.support.service import Service

KEY = "4f7d8a52-8a5d-4f6b-9d57-0c1f2a3d4e5f"


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
