"""Makes records, and adds them to record stores."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.models import ImageRecord, Position, State
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_record


def some_records(count: int, seed: int = 0) -> list[ImageRecord]:
    """Make ready records, three at each time, in the order of the list."""
    records = [
        a_record(created_at=NOON + timedelta(milliseconds=number // 3)) for number in range(count)
    ]
    random.Random(seed).shuffle(records)
    return sorted(records, key=lambda record: (record.created_at or NOON, record.id), reverse=True)


def add(store: ImageRecords, records: Sequence[ImageRecord], seed: int = 1) -> None:
    """Insert the records in random order."""
    for record in random.Random(seed).sample(list(records), len(records)):
        store.insert(record)


def owned_by(owner: str, records: Sequence[ImageRecord]) -> list[ImageRecord]:
    """Return the records with this owner."""
    return [replace(record, owner=owner) for record in records]


def with_prompt(text: str, state: State = State.READY) -> ImageRecord:
    """Make a record of this prompt, with its tokens."""
    return a_record(prompt=text, tokens=fold(text), state=state)


def position_after(record: ImageRecord) -> Position:
    """Return the list position right after this record."""
    assert record.created_at is not None
    return Position(created_at=record.created_at, id=record.id)


def ids(records: Sequence[ImageRecord]) -> list[str]:
    """Return the records' ids."""
    return [record.id for record in records]
