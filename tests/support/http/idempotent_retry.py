"""Retries with an idempotency key that was used before, for unit tests."""

from dataclasses import replace
from typing import Any

import pytest

from app.errors import AppError, Charged
from app.models import State
from app.usecases.generation.idempotency import claim_of
from tests.support.builders import World, a_request

CLAIM = claim_of("", "a key")


def again(world: World, claim: str = CLAIM, **fields: Any) -> AppError:
    """Repeat the request, which must fail, and return the error."""
    with pytest.raises(AppError) as caught:
        world.make(a_request(**fields), claim=claim)
    return caught.value


def ended(world: World, state: State, charged: Charged, error: str) -> None:
    """Put the first request with the key into this final state, and clear recorded calls."""
    world.make(a_request(), claim=CLAIM)
    world.records.by_id[world.record.id] = replace(
        world.record, state=state, charged=charged, error=error
    )
    world.events.clear()
    world.generator.requests.clear()
