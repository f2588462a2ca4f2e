"""The document format: every record survives it, and damaged documents can be read."""

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
from app.imaging import CutoutOptions, HoleChoice
from app.models import ImageRecord, Original, ProcessedImage, State
from app.services.records.document import from_document, to_document
from tests.support.builders import a_record
from tests.support.tables import each_row

NAMES = sorted(to_document(a_record()).keys() - {"id"})

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
processed_images = st.builds(
    ProcessedImage,
    key=texts,
    width=counts,
    height=counts,
    size_bytes=counts,
    sha256=texts,
    report=st.dictionaries(names, scalars | st.lists(scalars, max_size=3), max_size=3),
)
records = st.builds(
    ImageRecord,
    id=texts,
    state=st.sampled_from(State),
    charged=st.sampled_from(Charged),
    requested_at=times,
    lease_until=times,
    created_at=st.none() | times,
    tokens=st.lists(texts, max_size=3).map(tuple),
    tags=st.lists(texts, max_size=3).map(tuple),
    starred=st.booleans(),
    cutout_options=st.builds(
        CutoutOptions,
        holes=st.sampled_from(["auto", "keep", "cut:1;keep:2"]).map(HoleChoice.parse),
        shadow=st.sampled_from(["cut", "keep"]),
        background=st.sampled_from(["", "#fefefe"]),
        tolerance=st.none() | st.integers(0, 100),
        mask=st.binary(max_size=9),
    ).map(CutoutOptions.to_document),
    original=st.none() | originals,
    image=st.none() | processed_images,
    **dict.fromkeys(("fingerprint", "first_prompt", "prompt", "subject", "prompt_suffix"), texts),
    **dict.fromkeys(("quality", "size", "provider", "model", "error", "group", "root"), texts),
)
malformed = st.recursive(
    scalars | times | times.map(lambda time: time.replace(tzinfo=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(records)
def test_a_record_survives_json(record: ImageRecord) -> None:
    """A document that is stored as JSON, as in SQLite, yields an equal record."""
    assert from_document(orjson.loads(orjson.dumps(to_document(record)))) == record


@given(records)
def test_a_record_survives_bson(record: ImageRecord) -> None:
    """A document that is stored as BSON, as in MongoDB, yields an equal record."""
    options: CodecOptions[Mapping[str, Any]] = CodecOptions(tz_aware=True)
    assert from_document(decode(encode(to_document(record)), options)) == record


@given(st.dictionaries(st.sampled_from(NAMES) | names, malformed))
def test_a_damaged_document_can_be_read(document: dict[str, Any]) -> None:
    """Whatever a document contains, the record's fields have the right types."""
    read = from_document({**document, "id": "the-id"})
    assert read.id == "the-id"
    _assert_well_formed(read)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(value=malformed)
def test_a_malformed_field_affects_no_other(name: str, value: object) -> None:
    """All other fields are read unchanged."""
    record = a_record()
    read = from_document({**to_document(record), name: value})
    _assert_well_formed(read)
    for other in NAMES:
        if other != name:
            assert getattr(read, other) == getattr(record, other)


@pytest.mark.parametrize("part", ["original", "image"])
@given(data=st.data(), value=malformed)
def test_a_malformed_image_field_is_missing_or_valid(
    part: str, data: st.DataObject, value: object
) -> None:
    """Whatever a document contains about an image, no value of a wrong type is returned."""
    document = to_document(a_record())
    document[part][data.draw(st.sampled_from(sorted(document[part])))] = value
    _assert_well_formed(from_document(document))


@pytest.mark.parametrize("part", ["original", "image"])
def test_unknown_fields_are_ignored(part: str) -> None:
    """A field that a newer version added is not taken for damage."""
    record = a_record()
    document = to_document(record)
    document[part]["added_later"] = document["added_later"] = 1
    assert from_document(document) == record


def test_a_document_with_the_drawn_text_in_one_field_reads() -> None:
    """Documents from before subject and suffix were two fields give the same record."""
    record = a_record()
    document = to_document(record)
    del document["subject"], document["prompt_suffix"]
    assert from_document(document | {"new_prompt": record.new_prompt}) == record


@each_row("name", NAMES)
def test_a_missing_field_gets_its_empty_value(name: str) -> None:
    """A missing state or charge is read as unknown."""
    document = to_document(a_record())
    del document[name]
    read = from_document(document)
    _assert_well_formed(read)
    empty = {"state": State.UNKNOWN, "charged": Charged.UNKNOWN}
    epoch = datetime.fromtimestamp(0, UTC)
    assert getattr(read, name) in (empty.get(name), "", 0, (), {}, None, epoch)


def _assert_well_formed(record: ImageRecord) -> None:
    for name in ("requested_at", "lease_until"):
        assert getattr(record, name).utcoffset() is not None
    assert record.created_at is None or record.created_at.utcoffset() is not None
    assert isinstance(record.state, State)
    assert isinstance(record.charged, Charged)
    assert isinstance(record.tokens, tuple)
    texts = (
        record.fingerprint,
        record.first_prompt,
        record.prompt,
        record.new_prompt,
        record.quality,
        record.size,
    )
    more = (record.provider, record.model, record.error, *record.tokens)
    assert all(isinstance(text, str) for text in (*texts, *more))
    for part in (record.original, record.image):
        if part is not None:
            fields = {name: getattr(part, name) for name in type(part).__slots__}
            TypeAdapter(type(part)).validate_python(fields)
            assert all(type(fields[name]) is int for name in ("width", "height", "size_bytes"))
