"""Convert records to and from rows.

A row has columns for queries, and the whole record as a document.
"""

from datetime import UTC, datetime, timedelta

import orjson

from app.models import ImageRecord
from app.services.records.document import from_document, to_document
from app.services.records.lists import LISTED_STATES, lists_of

WRITTEN_COLUMNS = "id, state, created_ms, owner, claim, lease_ms, requested_ms, lists, document"
"""The columns of the values that `to_row` returns."""
READ_COLUMNS = "id, document, claim, state, lease_ms, created_ms, owner"
"""The columns of the row that `from_row` takes."""

_EPOCH = datetime.fromtimestamp(0, UTC)


def to_row(record: ImageRecord) -> tuple[object, ...]:
    """Return the values of WRITTEN_COLUMNS."""
    names = lists_of(record.state, record.owner, record)
    return (
        record.id,
        str(record.state),
        created_ms(record),
        record.owner or None,
        record.claim or None,
        to_milliseconds(record.lease_until),
        to_milliseconds(record.requested_at),
        orjson.dumps(names).decode() if names else None,
        orjson.dumps(to_document(record)).decode(),
    )


def created_ms(record: ImageRecord) -> int | None:
    """Return the record's time in the list. Every listed record has one."""
    created = record.created_at
    if created is None and record.state in LISTED_STATES:
        created = record.requested_at
    return None if created is None else to_milliseconds(created)


def from_row(row: tuple[str, str, str | None, str, int, int | None, str | None]) -> ImageRecord:
    """Return the record of a row. Columns take precedence over the document.

    State, lease, owner and position in the list are therefore right even if the document is
    damaged.
    """
    image_id, text, claim, state, lease_ms, listed_ms, owner = row
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    known = document if isinstance(document, dict) else {}
    columns: dict[str, object] = {
        "id": image_id,
        "owner": owner or "",
        "claim": claim or "",
        "state": state,
        "lease_until": from_milliseconds(lease_ms),
    }
    if listed_ms is not None:
        columns["created_at"] = from_milliseconds(listed_ms)
    return from_document({**known, **columns})


def to_milliseconds(time: datetime) -> int:
    """Return the time in milliseconds since 1970, as in the columns."""
    return round(time.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the time that is this many milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
