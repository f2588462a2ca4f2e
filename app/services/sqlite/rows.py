"""How a Generation is a row of the SQLite records: some columns to find it by, and its document."""

from datetime import UTC, datetime, timedelta

import orjson

from app.models import ImageRecord, State
from app.services.records.document import from_document, to_document

WRITTEN = "id, state, created_ms, owner, claim, lease_ms, requested_ms, document"
"""The columns that `values` gives, in its order."""
READ = "id, document, claim, state, lease_ms, created_ms, owner"
"""The columns that `generation_of` takes, in its order."""

_EPOCH = datetime.fromtimestamp(0, UTC)


def values(generation: ImageRecord) -> tuple[object, ...]:
    """Return the values of the columns, in their order."""
    return (
        generation.id,
        str(generation.state),
        created_ms(generation),
        generation.owner or None,
        generation.claim or None,
        milliseconds(generation.lease_until),
        milliseconds(generation.requested_at),
        orjson.dumps(to_document(generation)).decode(),
    )


def created_ms(generation: ImageRecord) -> int | None:
    """Return where the row belongs in the list; listed rows have to have a place."""
    created = generation.created_at
    if created is None and generation.state is State.READY:
        created = generation.requested_at
    return None if created is None else milliseconds(created)


def generation_of(
    row: tuple[str, str, str | None, str, int, int | None, str | None],
) -> ImageRecord:
    """Return the row; what it is exchanged, listed and owned by comes from the columns.

    So that is right even if the text is damaged.
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
        "lease_until": moment(lease_ms),
    }
    if listed_ms is not None:
        columns["created_at"] = moment(listed_ms)
    return from_document({**known, **columns})


def milliseconds(time: datetime) -> int:
    """Return the time in milliseconds since 1970, as columns have it."""
    return round(time.timestamp() * 1000)


def moment(since_epoch: int) -> datetime:
    """Return the time of so many milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=since_epoch)
