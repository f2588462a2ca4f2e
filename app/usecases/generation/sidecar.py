"""The note beside an original, from which its row can be rebuilt if the records are lost."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.errors import Charged
from app.models import ImageRecord, Original, State, object_keys
from app.models.prompts import fold, split_prompt

_TEXTS = (
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


def write(generation: ImageRecord) -> bytes:
    """Return the note on a bought image as JSON.

    Of the caller it has the id, which is public, and nothing else.
    """
    note = {name: getattr(generation, name) for name in _TEXTS} | {
        "id": generation.id,
        "owner": generation.owner,
        "charged": str(generation.charged),
        "requested_at": generation.requested_at.isoformat(),
        "created_at": (generation.created_at or generation.requested_at).isoformat(),
        "cost_micros": generation.cost_micros,
        "original": asdict(generation.original) if generation.original else None,
    }
    return json.dumps(note, ensure_ascii=False, indent=1, sort_keys=True).encode()


def read(image_id: str, data: bytes, *, found_at: datetime) -> ImageRecord:
    """Return the row as it was when the original was stored: pending, with no lease.

    What is missing or strange in the note gets its empty value; without a time, `found_at` is.
    """
    note = _object(data)
    texts: dict[str, Any] = {
        name: _sound(value) for name in _TEXTS if isinstance(value := note.get(name), str)
    }
    if "subject" not in note and isinstance(whole := note.get("new_prompt"), str):
        # Written when the drawn text had one field.
        texts["subject"], texts["prompt_suffix"] = split_prompt(_sound(whole))
    requested_at = _time(note.get("requested_at")) or found_at
    return ImageRecord(
        **texts,
        id=image_id,
        state=State.PENDING,
        requested_at=requested_at,
        lease_until=requested_at,
        owner=_owner(note.get("owner")),
        created_at=_time(note.get("created_at")) or requested_at,
        tokens=fold(texts.get("prompt", ""), texts.get("subject", "")),
        charged=Charged.NO if note.get("charged") == Charged.NO else Charged.YES,
        cost_micros=_cost(note.get("cost_micros")),
        original=_original(image_id, note.get("original")),
    )


def _owner(value: Any) -> str:
    """Return the id of the owner, or "" if it can't be one: then the image is nobody's."""
    return value if isinstance(value, str) and _OWNER.fullmatch(value) else ""


def _object(data: bytes) -> dict[str, Any]:
    try:
        note = json.loads(data)
    except (ValueError, RecursionError):  # the latter from brackets without end
        return {}
    return note if isinstance(note, dict) else {}


def _time(value: Any) -> datetime | None:
    """Return the time in UTC and whole milliseconds, as rows have it."""
    try:
        time = datetime.fromisoformat(value)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # the last at the ends of the calendar
        return None
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _cost(value: object) -> int | None:
    """Return the cost if an image can cost that: less than a thousand dollars."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < _MAX_MICROS else None


def _sound(text: str) -> str:
    """Return the text without lone surrogates, which JSON can spell and no store keeps."""
    return text.encode(errors="replace").decode()


def _original(image_id: str, value: object) -> Original | None:
    """Return what the note tells of the original, if it is whole and about this very object."""
    if not isinstance(value, dict):
        return None
    credentials = value.get("content_credentials")
    known = credentials if isinstance(credentials, bool) else None
    try:
        reported = Original(**value | {"content_credentials": known})
    except TypeError:
        return None
    numbers = (reported.width, reported.height, reported.size_bytes)
    sound = (
        reported.format in object_keys.IMAGE_FORMATS
        and reported.key == object_keys.original_key(image_id, reported.format)
        and all(type(number) is int for number in numbers)
        and isinstance(reported.sha256, str)
    )
    return reported if sound else None
