"""The sidecar of an original, from which a record can be rebuilt."""

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
from tests.support.builders import NOON, World, a_record, a_request
from tests.support.tables import each_row

KEPT = tuple("first_prompt prompt subject prompt_suffix quality size provider model".split())
FOUND_AT = NOON + timedelta(days=3)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def read(data: bytes) -> ImageRecord:
    """Read the sidecar of the record `x`."""
    return sidecar.read("x", data, found_at=FOUND_AT)


def stored_and_read(record: ImageRecord) -> ImageRecord:
    """Return the record as a store returns it."""
    return from_document(orjson.loads(orjson.dumps(to_document(record))))


def note_with(**changes: Any) -> bytes:
    """Write a note with changed fields."""
    note = json.loads(sidecar.write(a_record(id="x")))
    original = note["original"] | changes.pop("original", {})
    return json.dumps(note | {"original": original} | changes).encode()


@given(st.lists(st.text(), min_size=8, max_size=8), st.sampled_from([Charged.NO, Charged.YES]))
def test_note_has_request_times_charge_and_original(texts: list[str], charged: Charged) -> None:
    """Every text, time, charge and the original are read as they were written."""
    record = a_record(id="x", charged=charged, **dict(zip(KEPT, texts, strict=True)))
    rebuilt = read(sidecar.write(record))
    assert [getattr(rebuilt, name) for name in KEPT] == texts
    assert (rebuilt.requested_at, rebuilt.charged) == (record.requested_at, charged)
    assert rebuilt.original == record.original


def test_rebuilt_record_is_pending() -> None:
    """A rebuilt record is pending without a lease, and has its place in the list."""
    record = a_record(id="x")
    rebuilt = read(sidecar.write(record))
    assert (rebuilt.state, rebuilt.image, rebuilt.error) == (State.PENDING, None, "")
    assert rebuilt.lease_until == rebuilt.requested_at == record.requested_at
    assert rebuilt.created_at == record.created_at


def test_note_has_the_options_of_the_cutout() -> None:
    """They are read as written; invalid ones are left out, and so are unknown ones."""
    options = {"holes": "keep:2", "shadow": "keep", "tolerance": 4, "mask": "iVBORw0K"}
    record = a_record(id="x", cutout_options=options)
    assert read(sidecar.write(record)).cutout_options == options
    damaged: dict[str, Any] = {"shadow": 1, "mask": "?", "background": "red", "added_later": 1}
    assert read(note_with(cutout_options=options | damaged)).cutout_options == {
        "holes": "keep:2",
        "tolerance": 4,
    }
    assert read(note_with(cutout_options=None)).cutout_options == {}
    assert read(note_with(cutout_options=["keep"])).cutout_options == {}


def test_note_has_group_root_tags_and_star() -> None:
    """They are read as written; invalid ones are left out."""
    group, root = ("00000000-0000-0000-0000-00000000000" + end for end in "12")
    record = a_record(id="x", group=group, root=root, tags=("Fox", "red hair"), starred=True)
    rebuilt = read(sidecar.write(record))
    assert (rebuilt.group, rebuilt.root) == (group, root)
    assert (rebuilt.tags, rebuilt.starred) == (record.tags, True)
    damaged = read(note_with(group="../x", root=7, tags=["fox", 7], starred="yes"))
    assert (damaged.group, damaged.root, damaged.tags, damaged.starred) == ("", "", (), False)


@each_row("owner", [None, 7, "", "a b", "\x00", "x" * 33, "ann\n", ["ann"]])
def test_invalid_owner_is_ignored(owner: Any) -> None:
    """A value that can't be a caller's id is read as no owner."""
    assert read(note_with(owner=owner)).owner == ""


@pytest.mark.parametrize("enhance", [False, True])
def test_rebuilt_record_is_found_by_the_same_words(world: World, enhance: bool) -> None:
    """The tokens equal those of the lost record, without the words of the suffix."""
    made = world.generate(a_request(enhance=enhance))
    note = world.store.objects[object_keys.sidecar_key(made.id)].data
    assert PROMPT_SUFFIX in made.new_prompt
    assert sidecar.read(made.id, note, found_at=FOUND_AT).tokens == made.tokens


def test_note_has_the_callers_id_only() -> None:
    """The owner is kept; claim and fingerprint are not in the sidecar."""
    record = a_record(id="x", owner="ann", claim="c" * 64, fingerprint="d" * 64)
    assert read(sidecar.write(record)).owner == "ann"
    text = sidecar.write(record).decode()
    for private in ("claim", "fingerprint", record.claim, record.fingerprint):
        assert private not in text


def test_note_is_stored_beside_the_original(world: World) -> None:
    """The note is a JSON object under the record's id, and describes the original."""
    made = world.generate(a_request(), claim="c" * 64)
    stored = world.store.objects[f"originals/{made.id}.json"]
    assert stored.content_type == "application/json"
    assert json.loads(stored.data)["id"] == made.id
    assert sidecar.read(made.id, stored.data, found_at=FOUND_AT).original == made.original


def test_evidence_has_a_note_without_original() -> None:
    """The sidecar of evidence describes no original."""
    record = replace(a_record(id="x"), original=None)
    assert read(sidecar.write(record)).original is None


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
@example(b"")
@example(b"\xff\xfe")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 5000)
@example(b'{"prompt": "\\ud800"}')
def test_invalid_note_gives_an_empty_record(data: bytes) -> None:
    """Any bytes give a record that every store accepts."""
    record = read(data)
    assert (record.id, record.state, record.requested_at) == ("x", State.PENDING, FOUND_AT)
    assert stored_and_read(record) == record


@given(st.sampled_from(sorted(json.loads(note_with()))), json_values)
def test_invalid_field_gets_its_empty_value(name: str, value: Any) -> None:
    """A note with one invalid field gives a record with all the others."""
    record = read(note_with(**{name: value}) if name != "original" else _with_original(value))
    assert stored_and_read(record) == record
    others = [field for field in KEPT if field != name]
    whole = read(note_with())
    assert [getattr(record, field) for field in others] == [
        getattr(whole, field) for field in others
    ]


def _with_original(value: Any) -> bytes:
    return json.dumps(json.loads(note_with()) | {"original": value}).encode()


@each_row(
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
def test_description_of_another_original_is_ignored(reported: dict[str, Any]) -> None:
    """The original is read only if its description is complete and names this object."""
    assert read(note_with()).original is not None
    assert read(note_with(original=reported)).original is None


@pytest.mark.parametrize("reported", [True, False, None])
def test_content_credentials_are_kept(reported: bool | None) -> None:
    """The rebuilt record says whether the original has Content Credentials."""
    record = a_record(id="x")
    assert record.original
    record = replace(record, original=replace(record.original, content_credentials=reported))
    assert read(sidecar.write(record)).original == record.original


@pytest.mark.parametrize("reported", [0, 1, "true", [], {}])
def test_invalid_content_credentials_are_unknown(reported: Any) -> None:
    """The rest of the original's description is read."""
    original = read(note_with(original={"content_credentials": reported})).original
    assert original
    assert original.content_credentials is None


def test_note_without_content_credentials_is_read() -> None:
    """Notes that lack the field still describe their originals."""
    note = json.loads(note_with())
    del note["original"]["content_credentials"]
    assert read(json.dumps(note).encode()).original == read(note_with()).original


def test_note_with_new_prompt_is_read() -> None:
    """Notes with `new_prompt` instead of subject and suffix give the same record."""
    note = json.loads(note_with())
    whole = f"{note.pop('subject')}\n\n{note.pop('prompt_suffix')}"
    assert read(json.dumps(note | {"new_prompt": whole}).encode()) == read(note_with())


@each_row(
    "reported, time",
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
def test_times_are_utc_with_whole_milliseconds(reported: Any, time: Any) -> None:
    """Any time is read as one that stores accept; an invalid one is `found_at`."""
    record = read(note_with(requested_at=reported))
    assert record.requested_at == time
    assert record.requested_at.utcoffset() == timedelta(0)
    assert to_document(record)["requested_at"].microsecond % 1000 == 0


def test_only_no_means_not_charged() -> None:
    """Any other value of `charged` is read as yes."""
    values = {
        reported: read(note_with(charged=reported)).charged
        for reported in ("no", "yes", "unknown", 7)
    }
    assert values == {"no": "no", "yes": "yes", "unknown": "yes", 7: "yes"}


def test_note_without_subject_has_the_prompts_words() -> None:
    """A note without the drawn text is found by the caller's prompt."""
    assert read(note_with(subject=None)).tokens == fold("A red fox")
