"""What every record store promises to those who sweep it: overdue rows, all rows, old claims."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.models import ImageRecord, State
from app.ports import ImageRecords
from tests.support.builders import NOON, a_generation
from tests.support.stores.record_stores import add

MILLISECOND = timedelta(milliseconds=1)


def test_overdue_rows_come_oldest_lease_first(records: ImageRecords) -> None:
    """Only pending rows whose lease is over by then, no more than asked for."""
    rows = [
        a_generation(state=State.PENDING, lease_until=NOON + number * MILLISECOND)
        for number in range(6)
    ]
    others = [
        a_generation(state=state, lease_until=NOON - timedelta(days=1))
        for state in State
        if state is not State.PENDING
    ]
    add(records, [*rows, *others])
    assert list(records.expired_leases(NOON + 3 * MILLISECOND, limit=10)) == rows[:4]
    assert list(records.expired_leases(NOON + 3 * MILLISECOND, limit=2)) == rows[:2]
    assert list(records.expired_leases(NOON - MILLISECOND, limit=10)) == []


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_a_scan_sees_every_row_once(records: ImageRecords, limit: int) -> None:
    """Going on behind the last id shows all rows, in whatever state, by id."""
    rows = [a_generation(state=list(State)[number % 5]) for number in range(7)]
    add(records, rows)
    seen: list[ImageRecord] = []
    while part := records.scan(after=seen[-1].id if seen else "", limit=limit):
        assert len(part) <= limit
        seen += part
    assert seen == sorted(rows, key=lambda row: row.id)


def test_a_scan_goes_on_behind_rows_that_are_gone(records: ImageRecords) -> None:
    """Rows that are removed or added behind a scanner hide no other row from it."""
    rows = sorted((a_generation() for _ in range(4)), key=lambda row: row.id)
    add(records, rows)
    first = records.scan(limit=2)
    for row in first:
        records.delete(row.id)
    assert list(records.scan(after=first[-1].id, limit=9)) == rows[2:]


def test_old_claims_are_forgotten(records: ImageRecords) -> None:
    """Claims from before then go, those of pending rows stay, and of bare rows all goes."""
    old, young = NOON - MILLISECOND, NOON

    def row(name: str, state: State, asked: datetime, *, bare: bool = False) -> ImageRecord:
        made = None if bare else NOON
        return a_generation(claim=name, state=state, requested_at=asked, created_at=made)

    kept = [row(f"young {state}", state, young) for state in State]
    kept += [row("young bare", State.DELETED, young, bare=True), row("busy", State.PENDING, old)]
    settled = [row(f"old {state}", state, old) for state in State if state is not State.PENDING]
    bare = row("old bare", State.DELETED, old, bare=True)
    unclaimed = a_generation(requested_at=old, state=State.DELETED, created_at=None)
    add(records, [*kept, *settled, bare, unclaimed])
    assert records.forget_claims(NOON) == len(settled) == 4
    assert records.forget_claims(NOON) == 0
    for gone in settled:
        assert (records.find(gone.claim), records.get(gone.id)) == (None, replace(gone, claim=""))
    assert [records.find(row.claim) for row in kept] == kept
    assert records.get(bare.id) is None
    assert records.get(unclaimed.id) == unclaimed


@pytest.mark.parametrize(
    "reuse",
    [
        lambda records, row: records.insert(row),
        lambda records, row: (
            records.insert(replace(row, claim="other"))
            and records.compare_and_swap(replace(row, claim="other"), row)
        ),
    ],
    ids=["insert", "compare_and_swap"],
)
def test_a_forgotten_claim_is_free(
    records: ImageRecords, reuse: Callable[[ImageRecords, ImageRecord], bool]
) -> None:
    """Another row may have it; the one that had it can be changed as ever, and gets no claim."""
    first, second = a_generation(claim="c"), a_generation(claim="c")
    records.insert(first)
    records.forget_claims(first.requested_at + MILLISECOND)
    assert reuse(records, second)
    seen = records.get(first.id)
    assert seen is not None
    assert records.compare_and_swap(seen, replace(seen, model="changed"))
    assert records.find("c") == second
