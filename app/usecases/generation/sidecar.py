"""Sidecars: JSON beside the originals, to rebuild records from."""

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from app.errors import Charged
from app.imaging import AUTOMATIC, CutoutOptions
from app.models import ImageRecord, InputReference, Original, State, object_keys
from app.models.prompts import fold, split_prompt
from app.models.tags import InvalidTags, normalize_tags

_TEXTS = (
    "attempt",
    "first_prompt",
    "prompt",
    "subject",
    "prompt_suffix",
    "quality",
    "size",
    "provider",
    "model",
)
_MAX_MICROS = 1_000_000_000
_OWNER = re.compile(r"[0-9A-Za-z]{1,32}")


def write(record: ImageRecord) -> bytes:
    """Return the sidecar of a paid image as JSON.

    It includes only the caller's id, which is public, and no other data of the caller.
    """
    document = {name: getattr(record, name) for name in _TEXTS} | {
        "id": record.id,
        "owner": record.owner,
        "charged": str(record.charged),
        "requested_at": record.requested_at.isoformat(),
        "created_at": (record.created_at or record.requested_at).isoformat(),
        "cost_micros": record.cost_micros,
        "cutout_options": dict(record.cutout_options),
        "original": asdict(record.original) if record.original else None,
        "parent": record.parent,
        "replaced_by": record.replaced_by,
        "group": record.group,
        "root": record.root,
        "tags": list(record.tags),
        "starred": record.starred,
    }
    if record.inputs:
        document["inputs"] = [asdict(one) for one in record.inputs]
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()


def read(image_id: str, data: bytes, *, found_at: datetime) -> ImageRecord:
    """Return the record as of storing the original: pending, not leased.

    Missing and invalid fields get their empty value; times get `found_at`.
    """
    document = _object(data)
    texts: dict[str, Any] = {
        name: _without_surrogates(value)
        for name in _TEXTS
        if isinstance(value := document.get(name), str)
    }
    full_prompt = document.get("new_prompt")
    # Older sidecars have subject and suffix in one field.
    if "subject" not in document and isinstance(full_prompt, str):
        texts["subject"], texts["prompt_suffix"] = split_prompt(_without_surrogates(full_prompt))
    requested = _time(document.get("requested_at")) or found_at
    return ImageRecord(
        **texts,
        id=image_id,
        state=State.PENDING,
        requested_at=requested,
        lease_until=requested,
        owner=_owner(document.get("owner")),
        created_at=_time(document.get("created_at")) or requested,
        tokens=fold(texts.get("prompt", ""), texts.get("subject", "")),
        charged=Charged.NO if document.get("charged") == Charged.NO else Charged.YES,
        cost_micros=_cost(document.get("cost_micros")),
        parent=_image_id(document.get("parent")),
        replaced_by=_image_id(document.get("replaced_by")),
        group=_image_id(document.get("group")),
        root=_image_id(document.get("root")),
        tags=_tags(document.get("tags")),
        starred=document.get("starred") is True,
        inputs=_inputs(document.get("inputs")),
        cutout_options=_cutout_options(document.get("cutout_options")),
        original=_original(image_id, document.get("original")),
    )


def requested_at(data: bytes) -> datetime | None:
    """Return when the image was requested, or None if the sidecar does not say so."""
    return _time(_object(data).get("requested_at"))


def _cutout_options(value: Any) -> dict[str, Any]:
    """Return the valid options among the values."""
    options = CutoutOptions.from_document(value) if isinstance(value, dict) else AUTOMATIC
    return options.to_document()


def _owner(value: Any) -> str:
    """Return the id of the owner, or "" if it is not valid."""
    return value if isinstance(value, str) and _OWNER.fullmatch(value) else ""


def _image_id(value: Any) -> str:
    """Return the id of another image, or "" if it is not valid."""
    return value if isinstance(value, str) and object_keys.is_id(value) else ""


def _inputs(value: Any) -> tuple[InputReference, ...]:
    """Return the valid ones among the inputs of an edit."""
    found = map(InputReference.from_document, value if isinstance(value, list) else ())
    return tuple(
        replace(
            one,
            subject=_without_surrogates(one.subject),
            edits=tuple(map(_without_surrogates, one.edits)),
        )
        for one in found
        if one is not None
    )


def _tags(value: Any) -> tuple[str, ...]:
    """Return the tags, or none if they are not valid."""
    try:
        return normalize_tags(value)
    except InvalidTags:
        return ()


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # the latter if the JSON is nested too deeply
        return {}
    return document if isinstance(document, dict) else {}


def _time(value: Any) -> datetime | None:
    """Return the time in UTC, truncated to milliseconds as in records."""
    try:
        time = datetime.fromisoformat(value)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # the last near the years 1 and 9999
        return None
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _cost(value: object) -> int | None:
    """Return the cost if it is plausible: less than 1000 dollars."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < _MAX_MICROS else None


def _without_surrogates(text: str) -> str:
    """Return the text without lone surrogates.

    JSON can express them, but no store accepts them.
    """
    return text.encode(errors="replace").decode()


def _original(image_id: str, value: object) -> Original | None:
    """Return the original if it is complete and matches the image's id."""
    if not isinstance(value, dict):
        return None
    credentials = value.get("content_credentials")
    checked = credentials if isinstance(credentials, bool) else None
    try:
        original = Original(**value | {"content_credentials": checked})
    except TypeError:
        return None
    numbers = (original.width, original.height, original.size_bytes)
    is_valid = (
        original.format in object_keys.IMAGE_FORMATS
        and original.key == object_keys.original_key(image_id, original.format)
        and all(type(number) is int for number in numbers)
        and isinstance(original.sha256, str)
    )
    return original if is_valid else None
