"""Makes record stores, and rows to put into them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.models import ImageRecord, Position, State
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_generation


def some_rows(count: int, seed: int = 0) -> list[ImageRecord]:
    """Make ready rows, three at each time, and return them as they belong in the list."""
    rows = [
        a_generation(created_at=NOON + timedelta(milliseconds=number // 3))
        for number in range(count)
    ]
    random.Random(seed).shuffle(rows)
    return sorted(rows, key=lambda row: (row.created_at or NOON, row.id), reverse=True)


def add(records: ImageRecords, rows: Sequence[ImageRecord], seed: int = 1) -> None:
    """Insert the rows in an order that tells nothing."""
    for row in random.Random(seed).sample(list(rows), len(rows)):
        records.insert(row)


def owned_by(owner: str, rows: Sequence[ImageRecord]) -> list[ImageRecord]:
    """Give the rows to this owner."""
    return [replace(row, owner=owner) for row in rows]


def with_words(text: str, state: State = State.READY) -> ImageRecord:
    """Make a row of this prompt."""
    return a_generation(prompt=text, tokens=fold(text), state=state)


def place_of(row: ImageRecord) -> Position:
    """Return the place in the list just behind this row."""
    assert row.created_at is not None
    return Position(created_at=row.created_at, id=row.id)


def ids(rows: Sequence[ImageRecord]) -> list[str]:
    """Name the rows."""
    return [row.id for row in rows]
