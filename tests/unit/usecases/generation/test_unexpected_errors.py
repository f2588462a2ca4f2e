"""Faults of the service itself during a generation."""

import pytest

from app.errors import AppError, Charged
from app.models import State
from tests.support.builders import World, a_request


@pytest.mark.parametrize(
    ("port", "step", "charged", "state"),
    [
        ("writer", "enhance", Charged.NO, State.FAILED),
        ("generator", "draw", Charged.UNKNOWN, State.UNKNOWN),
    ],
)
def test_unexpected_error_ends_the_record(
    world: World, port: str, step: str, charged: Charged, state: State
) -> None:
    """A fault of the service itself is free before the paid call, and unknown after it.

    The record does not wait for the end of its lease, and what was reserved is released.
    """
    getattr(world, port).fail(step, ZeroDivisionError("secret"))
    with pytest.raises(AppError) as caught:
        world.generate(a_request(enhance=True))
    error = caught.value
    assert (error.status, error.code, error.charged) == (500, "internal_error", charged)
    assert "secret" not in f"{error.message} {error.detail}"
    assert (world.record.state, world.record.charged) == (state, charged)
    is_released = world.record.booked_micros == world.record.text_micros
    assert is_released is (charged is Charged.NO)
