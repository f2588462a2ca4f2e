import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from bson import decode, encode
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.errors import Charged
from app.models import ImageRecord, Original, ProcessedImage, State
from app.services.records.document import from_document, to_document
from tests.support.builders import a_generation

NAMES = sorted(to_document(a_generation()).keys() - {"id"})

times = st.integers(0, 7_000_000_000_000).map(
    lambda ms: datetime.fromtimestamp(ms / 1000, UTC).replace(microsecond=ms % 1000 * 1000)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
counts = st.integers(0, 2**53)
names = st.text(string.ascii_letters, min_size=1, max_size=8)
scalars = (
    st.none() | st.booleans() | counts | st.floats(allow_nan=False, allow_infinity=False) | texts
)
originals = st.builds(
    Original,
    key=texts,
    format=st.sampled_from(["png", "webp", "jpeg"]),
    width=counts,
    height=counts,
    size_bytes=counts,
    sha256=texts,
    content_credentials=st.none() | st.booleans(),
)
renditions = st.builds(
    ProcessedImage,
    key=texts,
    width=counts,
    height=counts,
    size_bytes=counts,
    sha256=texts,
    report=st.dictionaries(names, scalars | st.lists(scalars, max_size=3), max_size=3),
)
generations = st.builds(
    ImageRecord,
    id=texts,
    state=st.sampled_from(State),
    charged=st.sampled_from(Charged),
    requested_at=times,
    lease_until=times,
    created_at=st.none() | times,
    tokens=st.lists(texts, max_size=3).map(tuple),
    original=st.none() | originals,
    image=st.none() | renditions,
    **dict.fromkeys(("fingerprint", "first_prompt", "prompt", "subject", "prompt_suffix"), texts),
    **dict.fromkeys(("quality", "size", "provider", "model", "error"), texts),
)
strange = st.recursive(
    scalars | times | times.map(lambda time: time.replace(tzinfo=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(generations)
def test_a_row_survives_being_written_as_json(row: ImageRecord) -> None:
    """What SQLite keeps as JSON comes back as the very same generation."""
    assert from_document(orjson.loads(orjson.dumps(to_document(row)))) == row


@given(generations)
def test_a_row_survives_being_written_as_bson(row: ImageRecord) -> None:
    """What MongoDB keeps as BSON comes back as the very same generation."""
    options: CodecOptions[Mapping[str, Any]] = CodecOptions(tz_aware=True)
    assert from_document(decode(encode(to_document(row)), options)) == row


@given(st.dictionaries(st.sampled_from(NAMES) | names, strange))
def test_a_damaged_row_still_reads(document: dict[str, Any]) -> None:
    """Whatever stands in a row, reading it gives a generation whose fields have their types."""
    read = from_document({**document, "id": "the-id"})
    assert read.id == "the-id"
    _assert_well_formed(read)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(value=strange)
def test_one_damaged_field_harms_no_other(name: str, value: object) -> None:
    """All other fields of a damaged row are read as they are."""
    row = a_generation()
    read = from_document({**to_document(row), name: value})
    _assert_well_formed(read)
    for other in NAMES:
        if other != name:
            assert getattr(read, other) == getattr(row, other)


@pytest.mark.parametrize("part", ["original", "image"])
@given(data=st.data(), value=strange)
def test_a_damaged_part_of_a_row_counts_as_missing_or_reads_well(
    part: str, data: st.DataObject, value: object
) -> None:
    """Whatever stands in what is known about an image, nothing of a wrong type comes out."""
    document = to_document(a_generation())
    document[part][data.draw(st.sampled_from(sorted(document[part])))] = value
    _assert_well_formed(from_document(document))


@pytest.mark.parametrize("part", ["original", "image"])
def test_what_a_newer_version_adds_does_no_harm(part: str) -> None:
    """A field that this version does not know is passed over, not taken for damage."""
    row = a_generation()
    document = to_document(row)
    document[part]["added_later"] = document["added_later"] = 1
    assert from_document(document) == row


def test_a_document_with_the_drawn_text_in_one_field_reads() -> None:
    """Documents from before subject and suffix were two fields give the same record."""
    record = a_generation()
    document = to_document(record)
    del document["subject"], document["prompt_suffix"]
    assert from_document(document | {"new_prompt": record.new_prompt}) == record


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_gets_its_empty_value(name: str) -> None:
    """A row of which a field was lost reads; unsure states and charges count as unknown."""
    document = to_document(a_generation())
    del document[name]
    read = from_document(document)
    _assert_well_formed(read)
    empty = {"state": State.UNKNOWN, "charged": Charged.UNKNOWN}
    assert getattr(read, name) in (empty.get(name), "", 0, (), None, datetime.fromtimestamp(0, UTC))


def _assert_well_formed(row: ImageRecord) -> None:
    for name in ("requested_at", "lease_until"):
        assert getattr(row, name).utcoffset() is not None
    assert row.created_at is None or row.created_at.utcoffset() is not None
    assert isinstance(row.state, State)
    assert isinstance(row.charged, Charged)
    assert isinstance(row.tokens, tuple)
    texts = (row.fingerprint, row.first_prompt, row.prompt, row.new_prompt, row.quality, row.size)
    more = (row.provider, row.model, row.error, *row.tokens)
    assert all(isinstance(text, str) for text in (*texts, *more))
    for part in (row.original, row.image):
        if part is not None:
            fields = {name: getattr(part, name) for name in type(part).__slots__}
            TypeAdapter(type(part)).validate_python(fields)
            assert all(type(fields[name]) is int for name in ("width", "height", "size_bytes"))
