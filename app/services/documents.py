"""How a Generation is written down: one form for all record stores."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.errors import Charged
from app.models import Generation, Original, Rendition, State

_EPOCH = datetime.fromtimestamp(0, UTC)
_ORIGINAL, _RENDITION = TypeAdapter(Original), TypeAdapter(Rendition)


def to_document(generation: Generation) -> dict[str, Any]:
    """Return the row as plain values and UTC datetimes."""
    document = asdict(generation)
    document["tokens"] = list(generation.tokens)
    document["state"] = str(generation.state)
    document["charged"] = str(generation.charged)
    return document


def from_document(document: Mapping[str, Any]) -> Generation:
    """Return the generation. What is missing or strange in a row gets its empty value.

    A row that another hand damaged must not take the whole list down.
    """
    values = {name: _text(document.get(name)) for name in _TEXTS}
    return Generation(
        **values,
        id=str(document["id"]),
        state=_member(State, document.get("state"), State.UNKNOWN),
        charged=_member(Charged, document.get("charged"), Charged.UNKNOWN),
        requested_at=_time(document.get("requested_at")) or _EPOCH,
        lease_until=_time(document.get("lease_until")) or _EPOCH,
        created_at=_time(document.get("created_at")),
        tokens=_texts(document.get("tokens")),
        original=_nested(_ORIGINAL, document.get("original")),
        image=_nested(_RENDITION, document.get("image")),
    )


_TEXTS = tuple(
    column.name for column in fields(Generation) if column.type is str and column.name != "id"
)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _time(value: object) -> datetime | None:
    """Accept what the stores give back: a datetime, or ISO 8601 text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _member(kind: Any, value: object, otherwise: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return otherwise


def _nested(form: TypeAdapter[Any], value: object) -> Any:
    try:
        return form.validate_python(value)
    except ValidationError:
        return None
