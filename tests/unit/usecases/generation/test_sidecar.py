"""The note beside an original: enough to rebuild a row, whatever became of it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import Charged
from app.models import ImageRecord, State, object_keys
from app.models.prompts import PROMPT_SUFFIX, fold
from app.services.records.document import from_document, to_document
from app.usecases.generation import sidecar
from tests.support.builders import NOON, World, a_generation, a_request

KEPT = (
    "first_prompt",
    "prompt",
    "subject",
    "prompt_suffix",
    "quality",
    "size",
    "provider",
    "model",
)
FOUND_AT = NOON + timedelta(days=3)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def read(data: bytes) -> ImageRecord:
    """Read the note on the row `x`."""
    return sidecar.read("x", data, found_at=FOUND_AT)


def kept_and_read(row: ImageRecord) -> ImageRecord:
    """Return the row as it comes back from a store."""
    return from_document(orjson.loads(orjson.dumps(to_document(row))))


def note_with(**changes: Any) -> bytes:
    """Write a note and change something in it by hand."""
    note = json.loads(sidecar.write(a_generation(id="x")))
    original = note["original"] | changes.pop("original", {})
    return json.dumps(note | {"original": original} | changes).encode()


@given(st.lists(st.text(), min_size=8, max_size=8), st.sampled_from([Charged.NO, Charged.YES]))
def test_what_was_asked_and_bought_survives(texts: list[str], charged: Charged) -> None:
    """Every text, time, charge and the original itself come back from the note as they were."""
    row = a_generation(id="x", charged=charged, **dict(zip(KEPT, texts, strict=True)))
    back = read(sidecar.write(row))
    assert [getattr(back, name) for name in KEPT] == texts
    assert (back.requested_at, back.charged) == (row.requested_at, charged)
    assert back.original == row.original


def test_a_row_from_a_note_waits_to_be_finished() -> None:
    """The rebuilt row is pending and free for anyone, and has the place in the list it had."""
    row = a_generation(id="x")
    back = read(sidecar.write(row))
    assert (back.state, back.image, back.error) == (State.PENDING, None, "")
    assert back.lease_until == back.requested_at == row.requested_at
    assert back.created_at == row.created_at


@pytest.mark.parametrize("owner", [None, 7, "", "a b", "\x00", "x" * 33, "ann\n", ["ann"]])
def test_a_strange_owner_is_nobody(owner: Any) -> None:
    """What can't be a caller's id is not believed."""
    assert read(note_with(owner=owner)).owner == ""


@pytest.mark.parametrize("enhance", [False, True])
def test_a_row_from_a_note_is_found_by_the_same_words(world: World, enhance: bool) -> None:
    """The words to search for are those of the lost row: the house sentence is none of them."""
    made = world.generate(a_request(enhance=enhance))
    note = world.store.objects[object_keys.sidecar_key(made.id)].data
    assert PROMPT_SUFFIX in made.new_prompt
    assert sidecar.read(made.id, note, found_at=FOUND_AT).tokens == made.tokens


def test_a_note_reports_of_the_caller_the_id_only() -> None:
    """So the image stays its owner's; claim and fingerprint are not in the note."""
    row = a_generation(id="x", owner="ann", claim="c" * 64, fingerprint="d" * 64)
    assert read(sidecar.write(row)).owner == "ann"
    text = sidecar.write(row).decode()
    for private in ("claim", "fingerprint", row.claim, row.fingerprint):
        assert private not in text


def test_the_note_lies_beside_the_original(world: World) -> None:
    """The note of an image is JSON under the row's id, with its id, and holds what was bought."""
    made = world.generate(a_request(), claim="c" * 64)
    stored = world.store.objects[f"originals/{made.id}.json"]
    assert stored.content_type == "application/json"
    assert json.loads(stored.data)["id"] == made.id
    assert sidecar.read(made.id, stored.data, found_at=FOUND_AT).original == made.original


def test_what_is_no_image_has_a_note_without_one() -> None:
    """Evidence has a note too, that tells of no image."""
    row = replace(a_generation(id="x"), original=None)
    assert read(sidecar.write(row)).original is None


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
@example(b"")
@example(b"\xff\xfe")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 5000)
@example(b'{"prompt": "\\ud800"}')
def test_garbage_is_a_note_that_reports_nothing(data: bytes) -> None:
    """Whatever bytes are there, they make a row that every store can keep."""
    row = read(data)
    assert (row.id, row.state, row.requested_at) == ("x", State.PENDING, FOUND_AT)
    assert kept_and_read(row) == row


@given(st.sampled_from(sorted(json.loads(note_with()))), json_values)
def test_a_strange_field_gets_its_empty_value(name: str, value: Any) -> None:
    """A note with any one field spoilt still makes a row that can be kept, with all the rest."""
    row = read(note_with(**{name: value}) if name != "original" else _spoilt(value))
    assert kept_and_read(row) == row
    others = [field for field in KEPT if field != name]
    whole = read(note_with())
    assert [getattr(row, field) for field in others] == [getattr(whole, field) for field in others]


def _spoilt(value: Any) -> bytes:
    return json.dumps(json.loads(note_with()) | {"original": value}).encode()


@pytest.mark.parametrize(
    "reported",
    [
        {"key": "originals/../../etc/passwd"},
        {"key": "originals/y.png"},
        {"format": "svg"},
        {"format": ["png"]},
        {"width": "1024"},
        {"height": True},
        {"size_bytes": None},
        {"sha256": 7},
        {"extra": 1},
    ],
)
def test_an_original_that_is_not_this_one_is_not_believed(reported: dict[str, Any]) -> None:
    """What the note tells of the original counts only if it is whole and names that very object."""
    assert read(note_with()).original is not None
    assert read(note_with(original=reported)).original is None


@pytest.mark.parametrize("reported", [True, False, None])
def test_whether_the_original_has_content_credentials_survives(reported: bool | None) -> None:
    """What was seen in the bought bytes is known of the rebuilt row too."""
    row = a_generation(id="x")
    assert row.original
    row = replace(row, original=replace(row.original, content_credentials=reported))
    assert read(sidecar.write(row)).original == row.original


@pytest.mark.parametrize("reported", [0, 1, "true", [], {}])
def test_strange_words_on_content_credentials_are_not_believed(reported: Any) -> None:
    """Then nobody knows, and the rest of what is told of the original counts."""
    original = read(note_with(original={"content_credentials": reported})).original
    assert original
    assert original.content_credentials is None


def test_a_note_from_before_content_credentials_reads() -> None:
    """Notes that don't know the word tell of their originals as ever."""
    note = json.loads(note_with())
    del note["original"]["content_credentials"]
    assert read(json.dumps(note).encode()).original == read(note_with()).original


def test_a_note_with_the_drawn_text_in_one_field_reads() -> None:
    """Notes from before subject and suffix were two fields give the same record."""
    note = json.loads(note_with())
    whole = f"{note.pop('subject')}\n\n{note.pop('prompt_suffix')}"
    assert read(json.dumps(note | {"new_prompt": whole}).encode()) == read(note_with())


@pytest.mark.parametrize(
    ("reported", "time"),
    [
        ("2026-11-22T12:00:00.123456+00:00", NOON),
        ("2026-11-22T13:00:00.123+01:00", NOON),
        ("2026-11-22T12:00:00.123", NOON),
        ("0001-01-01T00:00:00+14:00", FOUND_AT),
        ("9999-12-31T23:59:59-14:00", FOUND_AT),
        ("yesterday", FOUND_AT),
        (None, FOUND_AT),
        (20261122, FOUND_AT),
    ],
)
def test_times_are_utc_and_whole_milliseconds_or_when_it_was_found(
    reported: Any, time: Any
) -> None:
    """A time that stores can keep comes of whatever the note says."""
    row = read(note_with(requested_at=reported))
    assert row.requested_at == time
    assert row.requested_at.utcoffset() == timedelta(0)
    assert to_document(row)["requested_at"].microsecond % 1000 == 0


def test_only_an_honest_no_means_that_nothing_was_paid() -> None:
    """An original of which nobody knows whether it was paid counts as paid."""
    values = {
        reported: read(note_with(charged=reported)).charged
        for reported in ("no", "yes", "unknown", 7)
    }
    assert values == {"no": "no", "yes": "yes", "unknown": "yes", 7: "yes"}


def test_the_words_of_a_note_without_an_answer_are_the_prompts() -> None:
    """A note that lost its drawn prompt is still found by what the caller asked."""
    assert read(note_with(subject=None)).tokens == fold("A red fox")
