"""Convert records to and from documents, which all stores keep."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from app.errors import Charged
from app.imaging import AUTOMATIC, CutoutOptions
from app.models import (
    ImageRecord,
    InputReference,
    Original,
    ProcessedImage,
    State,
    TokenUsage,
    object_keys,
)
from app.models.prompts import split_prompt

_EPOCH = datetime.fromtimestamp(0, UTC)
_TEXT_FIELDS = tuple(
    field.name for field in fields(ImageRecord) if field.type is str and field.name != "id"
)


def to_document(record: ImageRecord) -> dict[str, Any]:
    """Return the record as plain values and UTC datetimes."""
    document = asdict(record)
    document["tokens"] = list(record.tokens)
    document["tags"] = list(record.tags)
    document["inputs"] = list(document["inputs"])
    document["state"] = str(record.state)
    document["charged"] = str(record.charged)
    return document


def from_document(document: Mapping[str, Any]) -> ImageRecord:
    """Return the record. A missing or malformed field gets its empty value.

    One damaged document must not make the whole list unreadable.
    """
    values = {name: _text(document.get(name)) for name in _TEXT_FIELDS}
    if "subject" not in document:  # written when subject and suffix were one field
        full_prompt = _text(document.get("new_prompt"))
        values["subject"], values["prompt_suffix"] = split_prompt(full_prompt)
    return ImageRecord(
        **values,
        id=str(document["id"]),
        state=_member(State, document.get("state"), State.UNKNOWN),
        charged=_member(Charged, document.get("charged"), Charged.UNKNOWN),
        requested_at=_time(document.get("requested_at")) or _EPOCH,
        lease_until=_time(document.get("lease_until")) or _EPOCH,
        created_at=_time(document.get("created_at")),
        tokens=_texts(document.get("tokens")),
        tags=_texts(document.get("tags")),
        inputs=_inputs(document.get("inputs")),
        starred=document.get("starred") is True,
        cost_micros=_number(document.get("cost_micros")),
        text_micros=_number(document.get("text_micros")) or 0,
        booked_micros=_number(document.get("booked_micros")) or 0,
        usage=_usage(document.get("usage")),
        cutout_options=_cutout_options(document.get("cutout_options")),
        original=_original(document.get("original")),
        image=_processed_image(document.get("image")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return int(value)  # pymongo has its own class for 64-bit integers


def _usage(value: object) -> TokenUsage | None:
    if not isinstance(value, Mapping):
        return None
    tokens = {field.name: _number(value.get(field.name)) for field in fields(TokenUsage)}
    return TokenUsage(**{name: number or 0 for name, number in tokens.items()})


def _inputs(value: object) -> tuple[InputReference, ...]:
    entries = value if isinstance(value, list) else []
    inputs = (InputReference.from_document(entry) for entry in entries)
    return tuple(one for one in inputs if one is not None)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _time(value: object) -> datetime | None:
    """Accept both forms that the stores return: a datetime, or ISO 8601 text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _member(enum: Any, value: object, default: Any) -> Any:
    try:
        return enum(value)
    except ValueError:
        return default


def _cutout_options(value: object) -> dict[str, Any]:
    options = CutoutOptions.from_document(value) if isinstance(value, Mapping) else AUTOMATIC
    return options.to_document()


def _original(value: object) -> Original | None:
    common = _common_fields(value)
    if common is None or not isinstance(value, dict):
        return None
    if value.get("format") not in object_keys.IMAGE_FORMATS:
        return None
    credentials = value.get("content_credentials")
    known = credentials if isinstance(credentials, bool) else None
    return Original(**common, format=value["format"], content_credentials=known)


def _processed_image(value: object) -> ProcessedImage | None:
    common = _common_fields(value)
    if common is None or not isinstance(value, dict):
        return None
    report = value.get("report", {})
    return ProcessedImage(**common, report=report) if isinstance(report, dict) else None


def _common_fields(value: object) -> dict[str, Any] | None:
    """Return the fields of any image; None if one is missing or malformed."""
    if not isinstance(value, dict):
        return None
    common: dict[str, Any] = {}
    for name in ("key", "sha256"):
        text = value.get(name)
        if not isinstance(text, str):
            return None
        common[name] = text
    for name in ("width", "height", "size_bytes"):
        number = value.get(name)
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        common[name] = int(number)  # pymongo has its own class for 64-bit integers
    return common
