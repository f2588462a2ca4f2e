"""How a Generation is written down: one form for all record stores."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from app.errors import Charged
from app.models import ImageRecord, Original, ProcessedImage, State, object_keys
from app.models.prompts import split_prompt

_EPOCH = datetime.fromtimestamp(0, UTC)


def to_document(generation: ImageRecord) -> dict[str, Any]:
    """Return the row as plain values and UTC datetimes."""
    document = asdict(generation)
    document["tokens"] = list(generation.tokens)
    document["state"] = str(generation.state)
    document["charged"] = str(generation.charged)
    return document


def from_document(document: Mapping[str, Any]) -> ImageRecord:
    """Return the generation. What is missing or strange in a row gets its empty value.

    A row that another hand damaged must not take the whole list down.
    """
    values = {name: _text(document.get(name)) for name in _TEXTS}
    if "subject" not in document:  # written when the drawn text had one field
        whole = _text(document.get("new_prompt"))
        values["subject"], values["prompt_suffix"] = split_prompt(whole)
    return ImageRecord(
        **values,
        id=str(document["id"]),
        state=_member(State, document.get("state"), State.UNKNOWN),
        charged=_member(Charged, document.get("charged"), Charged.UNKNOWN),
        requested_at=_time(document.get("requested_at")) or _EPOCH,
        lease_until=_time(document.get("lease_until")) or _EPOCH,
        created_at=_time(document.get("created_at")),
        tokens=_texts(document.get("tokens")),
        cost_micros=_number(document.get("cost_micros")),
        text_micros=_number(document.get("text_micros")) or 0,
        booked_micros=_number(document.get("booked_micros")) or 0,
        original=_original(document.get("original")),
        image=_rendition(document.get("image")),
    )


_TEXTS = tuple(
    column.name for column in fields(ImageRecord) if column.type is str and column.name != "id"
)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return int(value)  # MongoDB's driver has an integer of its own for 64 bits


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


def _original(value: object) -> Original | None:
    stored = _stored(value)
    if (
        stored is None
        or not isinstance(value, dict)
        or value.get("format") not in object_keys.IMAGE_FORMATS
    ):
        return None
    credentials = value.get("content_credentials")
    known = credentials if isinstance(credentials, bool) else None
    return Original(**stored, format=value["format"], content_credentials=known)


def _rendition(value: object) -> ProcessedImage | None:
    stored = _stored(value)
    if stored is None or not isinstance(value, dict):
        return None
    report = value.get("report", {})
    return ProcessedImage(**stored, report=report) if isinstance(report, dict) else None


def _stored(value: object) -> dict[str, Any] | None:
    """Return what both kinds of images have, or None unless all of it is there and well."""
    if not isinstance(value, dict):
        return None
    stored: dict[str, Any] = {}
    for name in ("key", "sha256"):
        text = value.get(name)
        if not isinstance(text, str):
            return None
        stored[name] = text
    for name in ("width", "height", "size_bytes"):
        number = value.get(name)
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        stored[name] = int(number)  # MongoDB's driver has an integer of its own for 64 bits
    return stored
