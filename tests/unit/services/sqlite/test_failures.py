"""Waiting for a file that another process prepares."""

import sqlite3
from collections.abc import Callable

import pytest

from app.services.sqlite.failures import retry_while_busy


def failing(*codes: int) -> tuple[list[int], Callable[[], None]]:
    """Return codes still to come, and a function that fails with each of them in turn."""
    left = list(codes)

    def prepare() -> None:
        if left:
            error = sqlite3.OperationalError()
            error.sqlite_errorcode = left.pop(0)
            raise error

    return left, prepare


def test_a_busy_file_is_tried_again() -> None:
    """With any of the codes for it."""
    left, prepare = failing(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)
    retry_while_busy(prepare, seconds=60)
    assert left == []


@pytest.mark.parametrize(
    ("code", "seconds"), [(sqlite3.SQLITE_READONLY, 60), (sqlite3.SQLITE_BUSY, 0)]
)
def test_other_errors_and_a_file_that_stays_busy_are_raised(code: int, seconds: float) -> None:
    """Only the first call is made."""
    left, prepare = failing(code, code)
    with pytest.raises(sqlite3.OperationalError):
        retry_while_busy(prepare, seconds=seconds)
    assert left == [code]
