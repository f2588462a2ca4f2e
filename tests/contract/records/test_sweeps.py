"""Expired leases, scans and old claims, on every record store."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.models import ImageRecord, State
from app.ports import ImageRecords
from tests.support.builders import NOON, a_record
from tests.support.stores.record_stores import add

MILLISECOND = timedelta(milliseconds=1)
_NOT_REMOVED = (State.PENDING, State.READY, State.FAILED, State.UNKNOWN)


def test_expired_leases_are_sorted(store: ImageRecords) -> None:
    """Only pending records with an expired lease, the oldest lease first, up to the limit."""
    records = [
        a_record(state=State.PENDING, lease_until=NOON + number * MILLISECOND)
        for number in range(6)
    ]
    others = [
        a_record(state=state, lease_until=NOON - timedelta(days=1))
        for state in State
        if state is not State.PENDING
    ]
    add(store, [*records, *others])
    assert list(store.expired_leases(NOON + 3 * MILLISECOND, limit=10)) == records[:4]
    assert list(store.expired_leases(NOON + 3 * MILLISECOND, limit=2)) == records[:2]
    assert list(store.expired_leases(NOON - MILLISECOND, limit=10)) == []


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_a_scan_returns_every_record_once(store: ImageRecords, limit: int) -> None:
    """Continuing after the last id returns all records, in every state, sorted by id."""
    records = [a_record(state=list(State)[number % 5]) for number in range(7)]
    add(store, records)
    seen: list[ImageRecord] = []
    while part := store.scan(after=seen[-1].id if seen else "", limit=limit):
        assert len(part) <= limit
        seen += part
    assert seen == sorted(records, key=lambda record: record.id)


def test_a_scan_continues_after_deleted_records(store: ImageRecords) -> None:
    """Records that are deleted during a scan hide no other records from it."""
    records = sorted((a_record() for _ in range(4)), key=lambda record: record.id)
    add(store, records)
    first = store.scan(limit=2)
    for record in first:
        store.delete(record.id)
    assert list(store.scan(after=first[-1].id, limit=9)) == records[2:]


def test_old_claims_are_forgotten(store: ImageRecords) -> None:
    """Old claims are removed, except of pending records; old tombstones are deleted."""
    old, young = NOON - MILLISECOND, NOON

    def record(
        name: str, state: State, requested: datetime, *, tombstone: bool = False
    ) -> ImageRecord:
        made = None if tombstone else NOON
        return a_record(
            claim=name,
            state=state,
            requested_at=requested,
            lease_until=requested,
            created_at=made,
        )

    kept = [record(f"young {state}", state, young) for state in State]
    kept += [
        record("young tombstone", State.DELETED, young, tombstone=True),
        record("busy", State.PENDING, old),
    ]
    finished = [record(f"old {state}", state, old) for state in State if state is not State.PENDING]
    tombstone = record("old tombstone", State.DELETED, old, tombstone=True)
    unclaimed = replace(tombstone, id=str(uuid.uuid4()), claim="")
    young_unclaimed = replace(unclaimed, id=str(uuid.uuid4()), requested_at=young)
    add(store, [*kept, *finished, tombstone, unclaimed, young_unclaimed])
    assert store.forget_claims(NOON) == len(finished) == len(State) - 1
    assert store.forget_claims(NOON) == 0
    for gone in finished:
        assert (store.find(gone.claim), store.get(gone.id)) == (None, replace(gone, claim=""))
    assert [store.find(record.claim) for record in kept] == kept
    assert store.get(tombstone.id) is store.get(unclaimed.id) is None
    assert store.get(young_unclaimed.id) == young_unclaimed


@pytest.mark.parametrize(
    "reuse",
    [
        lambda store, record: store.insert(record),
        lambda store, record: (
            store.insert(replace(record, claim="other"))
            and store.compare_and_swap(replace(record, claim="other"), record)
        ),
    ],
    ids=["insert", "compare_and_swap"],
)
def test_a_forgotten_claim_can_be_used_again(
    store: ImageRecords, reuse: Callable[[ImageRecords, ImageRecord], bool]
) -> None:
    """Another record may have it; the first record can still be changed, without the claim."""
    first, second = a_record(claim="c"), a_record(claim="c")
    store.insert(first)
    store.forget_claims(first.requested_at + MILLISECOND)
    assert reuse(store, second)
    seen = store.get(first.id)
    assert seen is not None
    assert store.compare_and_swap(seen, replace(seen, model="changed"))
    assert store.find("c") == second


def test_removals_are_found_by_their_time(store: ImageRecords) -> None:
    """Images are found from the time of their removal on, also by their tombstones."""
    ready = [a_record() for _ in range(5)]
    others = [a_record(state=state, lease_until=NOON) for state in State if state in _NOT_REMOVED]
    trashed = a_record(state=State.TRASHED, lease_until=NOON)
    add(store, [*ready, *others, trashed])
    half, whole, old, replaced, _ = ready
    deleted = whole.deleted(NOON - MILLISECOND)
    for before, after in (
        (half, half.deleted(NOON)),
        (whole, deleted),
        (deleted, deleted.tombstone(NOON + MILLISECOND)),
        (old, old.deleted(NOON - MILLISECOND)),
        (replaced, replaced.replaced("new", NOON)),
    ):
        assert store.compare_and_swap(before, after)
    found = store.removals(NOON)
    assert sorted(found) == sorted([half.id, whole.id, replaced.id, trashed.id])
    assert list(store.removals(NOON + 2 * MILLISECOND)) == []


def test_a_late_deletion_is_remembered(store: ImageRecords) -> None:
    """The tombstone of an old image stays for a while, because caches may still have the image."""
    old = a_record(requested_at=NOON - timedelta(days=30))
    add(store, [old])
    deleted = old.deleted(NOON)
    assert store.compare_and_swap(old, deleted)
    assert store.compare_and_swap(deleted, deleted.tombstone(NOON))
    before = NOON - timedelta(days=7)
    store.forget_claims(before, deleted_before=before)
    assert list(store.removals(NOON)) == [old.id]
    store.forget_claims(before, deleted_before=NOON + MILLISECOND)
    assert list(store.removals(NOON)) == []
