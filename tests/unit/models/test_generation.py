"""The state machine of a record: each transition, and those that do not exist."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from app.errors import Charged
from app.models import ImageRecord, InvalidTransition, State
from tests.support.builders import NOON, a_drawing, a_record
from tests.support.tables import each_row

LATER = NOON + timedelta(minutes=3)

Transition = Callable[[ImageRecord], ImageRecord]


def pending(**changes: Any) -> ImageRecord:
    """Make the record of a request that was just made."""
    fresh: dict[str, Any] = {"created_at": None, "charged": Charged.NO}
    fresh |= {"original": None, "image": None, "tokens": (), "subject": "", "prompt_suffix": ""}
    return a_record(**({"state": State.PENDING} | fresh | changes))


def changed(before: ImageRecord, after: ImageRecord) -> set[str]:
    """Return the names of the fields that differ."""
    names = (field.name for field in fields(ImageRecord))
    return {name for name in names if getattr(before, name) != getattr(after, name)}


TRANSITIONS: dict[str, tuple[Transition, State]] = {
    "leased_until": (lambda record: record.leased_until(LATER), State.PENDING),
    "started": (
        lambda record: record.started(
            a_drawing(), lease_until=LATER, charged=Charged.UNKNOWN, text_micros=0
        ),
        State.PENDING,
    ),
    "drawn": (lambda record: record.drawn(model="m", cost_micros=1), State.PENDING),
    "paid": (lambda record: record.paid(NOON, a_record().original), State.PENDING),
    "released": (
        lambda record: record.released(NOON, error="e", charged=Charged.YES),
        State.PENDING,
    ),
    "ready": (lambda record: record.ready(an_image()), State.READY),
    "organized": (lambda record: record.organized(("fox",), starred=True), State.READY),
    "succeeding": (lambda record: record.succeeding(a_record()), State.READY),
    "failed": (lambda record: record.failed("e", charged=Charged.NO), State.FAILED),
    "unknown": (lambda record: record.unknown("e"), State.UNKNOWN),
    "cutout": (
        lambda record: record.cutout("new", now=NOON, lease_until=LATER),
        State.PENDING,
    ),
    "replaced": (lambda record: record.replaced("new", LATER), State.REPLACED),
    "trashed": (lambda record: record.trashed(LATER), State.TRASHED),
    "restored": (lambda record: record.restored(LATER), State.READY),
    "deleted": (lambda record: record.deleted(LATER), State.DELETED),
    "tombstone": (lambda record: record.tombstone(LATER), State.DELETED),
}
ALLOWED = {
    State.PENDING: {"leased_until", "started", "drawn", "paid", "released"}
    | {"ready", "failed", "unknown"},
    State.READY: {"leased_until", "ready", "cutout", "replaced", "deleted"}
    | {"organized", "succeeding", "trashed"},
    State.REPLACED: {"cutout", "replaced", "deleted", "trashed"},
    State.FAILED: {"leased_until"},
    State.UNKNOWN: {"leased_until"},
    State.TRASHED: {"restored", "deleted"},
    State.DELETED: {"deleted", "tombstone"},
}


def an_image() -> Any:
    """Make a cut-out image."""
    return a_record().image


@each_row("state", State)
@each_row("name", TRANSITIONS)
def test_each_transition_exists_from_its_states_only(state: State, name: str) -> None:
    """An allowed transition leads to its state; any other one raises InvalidTransition."""
    transition, target = TRANSITIONS[name]
    record = a_record(state=state)
    if name in ALLOWED[state]:
        assert transition(record).state is target
    else:
        with pytest.raises(InvalidTransition):
            transition(record)


def test_a_lease_changes_the_time_only() -> None:
    """A server that takes over a pending record changes nothing that is known about it."""
    record = pending(charged=Charged.UNKNOWN)
    assert changed(record, record.leased_until(LATER)) == {"lease_until"}


def test_leases_end() -> None:
    """A record is leased while it is pending and its time has not come."""
    record = pending(lease_until=NOON)
    assert record.is_leased(NOON - timedelta(milliseconds=1))
    assert not record.is_leased(NOON)
    assert not a_record(lease_until=LATER).is_leased(NOON)


def test_a_started_record_has_the_drawn_text_and_its_words() -> None:
    """The words to search for are those of the prompt and the subject, without the suffix."""
    request = a_drawing("A red fox, in felt", prompt_suffix="On white.")
    started = pending().started(request, lease_until=LATER, charged=Charged.UNKNOWN, text_micros=7)
    assert started.new_prompt == "A red fox, in felt\n\nOn white."
    assert started.tokens == ("a", "felt", "fox", "in", "red")
    assert (started.charged, started.text_micros) == (Charged.UNKNOWN, 7)
    assert started.lease_until == LATER


def test_a_response_names_the_model_and_the_cost() -> None:
    """The model named in the response replaces the requested one."""
    drawn = pending(model="asked").drawn(model="", cost_micros=5, created_at=NOON)
    assert (drawn.model, drawn.cost_micros, drawn.created_at) == ("asked", 5, NOON)
    assert pending().drawn(model="other", cost_micros=None).model == "other"


@pytest.mark.parametrize(
    ("before", "after", "cost"),
    [
        (Charged.UNKNOWN, Charged.YES, 5),
        (Charged.YES, Charged.YES, 5),
        (Charged.NO, Charged.NO, 0),
    ],
)
def test_bytes_are_charged_for_unless_nothing_was_sent(
    before: Charged, after: Charged, cost: int
) -> None:
    """Only a record whose generation costs no money stays uncharged, and then it cost nothing."""
    original = a_record().original
    paid = pending(charged=before, cost_micros=5).paid(NOON, original)
    assert (paid.charged, paid.cost_micros, paid.original) == (after, cost, original)


def test_an_image_keeps_its_time_and_its_original() -> None:
    """A later server neither moves the image in the list nor forgets what is known of it."""
    record = pending(created_at=NOON, original=a_record().original)
    paid = record.paid(LATER, None)
    assert (paid.created_at, paid.original) == (NOON, record.original)
    assert pending().paid(LATER, None).created_at == LATER


def test_a_released_record_is_free_at_that_moment() -> None:
    """Any server may take it over, and the error says what it waits for."""
    released = pending().released(NOON, error="storage_unavailable", charged=Charged.YES)
    assert not released.is_leased(NOON)
    assert (released.error, released.charged) == ("storage_unavailable", Charged.YES)


def test_a_ready_record_has_no_error() -> None:
    """What an earlier attempt ended with is over."""
    image = an_image()
    ready = pending(error="storage_unavailable").ready(image)
    assert (ready.error, ready.image) == ("", image)


def test_another_cutout_is_a_free_record_of_its_own() -> None:
    """It has the prompts and the model of its parent, but no key, cost or object of it."""
    parent = a_record(owner="ann", claim="c" * 64, cost_micros=5, booked_micros=5, text_micros=1)
    child = parent.cutout("new", now=LATER, lease_until=LATER + timedelta(minutes=1))
    assert (child.parent, child.owner, child.prompt) == (parent.id, "ann", parent.prompt)
    assert (child.provider, child.model, child.tokens) == (
        parent.provider,
        parent.model,
        parent.tokens,
    )
    assert (child.claim, child.fingerprint, child.charged) == ("", "", Charged.NO)
    assert (child.cost_micros, child.booked_micros, child.text_micros) == (None, 0, 0)
    assert (child.requested_at, child.created_at) == (LATER, None)
    assert (child.original, child.image) == (None, None)
    assert child.is_leased(LATER)
    assert (
        parent.replaced("other", NOON).cutout("new", now=LATER, lease_until=LATER).replaced_by == ""
    )


def test_a_replaced_record_keeps_what_is_known_of_its_image() -> None:
    """The state changes, and the image that took its place and the time are noted."""
    record = a_record()
    replaced = record.replaced("new", LATER)
    assert changed(record, replaced) == {"state", "replaced_by", "lease_until"}
    assert changed(replaced, replaced.replaced("newer", LATER)) == {"replaced_by"}
    assert record.is_finished
    assert replaced.is_finished
    assert not pending().is_finished


def test_an_unknown_outcome_may_have_been_charged_for() -> None:
    """A failure keeps what is known of the charge."""
    unknown = pending().unknown("provider_timeout")
    assert (unknown.error, unknown.charged) == ("provider_timeout", Charged.UNKNOWN)
    failed = pending().failed("provider_bad_response", charged=Charged.YES)
    assert (failed.error, failed.charged) == ("provider_bad_response", Charged.YES)


def test_a_deleted_record_keeps_all_until_its_objects_are_gone() -> None:
    """So a deletion that was interrupted can be repeated; its tombstone has no text."""
    record = a_record(owner="ann", claim="c" * 64, group="g", root="r", tags=("fox",), starred=True)
    deleted = record.deleted(NOON)
    assert changed(record, deleted) == {"state", "lease_until"}
    tombstone = deleted.tombstone(LATER)
    assert (deleted.lease_until, tombstone.lease_until) == (NOON, LATER)
    kept = {"id", "requested_at", "owner", "claim", "fingerprint"}
    assert not changed(record, tombstone) & kept
    assert (tombstone.prompt, tombstone.subject, tombstone.original) == ("", "", None)
    assert (tombstone.created_at, tombstone.image) == (None, None)


@pytest.mark.parametrize(
    ("charged", "cost", "due"),
    [
        (Charged.YES, 30, 30),
        (Charged.YES, None, 100),
        (Charged.UNKNOWN, None, 100),
        (Charged.NO, None, 7),
        (Charged.NO, 0, 7),
    ],
)
def test_the_ledger_counts_the_cost_or_what_was_reserved(
    charged: Charged, cost: int | None, due: int
) -> None:
    """An unknown cost counts as reserved; without a charge only enhancing counts."""
    record = pending(charged=charged, cost_micros=cost, booked_micros=100, text_micros=7)
    assert record.booked().booked_micros == due
