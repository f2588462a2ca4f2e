"""Asks for images under a key, and looks at the rows behind them."""

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
    """Ask for an image under a key, on a connection of its own."""
    return requests.post(
        f"{service.url}/generate-image",
        json={"prompt": prompt, **fields},
        headers={"Idempotency-Key": key, "Accept": accept},
        timeout=60,
    )


def reported(answer: requests.Response) -> tuple[int, str, str | None]:
    """Return status, code and charge of a failure."""
    body = answer.json()
    return answer.status_code, body["code"], body.get("charged")


def row_of(service: Service, key: str = KEY) -> ImageRecord:
    """Return the row of a key."""
    row = service.ports.records.find(claim_of("", key))
    assert row is not None
    return row


def change_row(service: Service, key: str = KEY, **changes: Any) -> None:
    """Let time or chance have changed the row of a key."""
    row = row_of(service, key)
    assert service.ports.records.compare_and_swap(row, replace(row, **changes))
