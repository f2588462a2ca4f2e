"""A place in the list as a text that callers send back."""

import base64
import binascii
from datetime import UTC, datetime

from app.models import Position


def encode_cursor(place: Position) -> str:
    """Return an opaque text for a place in the list."""
    text = f"{round(place.created_at.timestamp() * 1000)}:{place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Position:
    """Return the place that `encode_cursor` was given.

    Raises:
        ValueError: the text is not one of its.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        milliseconds, _, image_id = text.partition(":")
        created_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (binascii.Error, UnicodeError, ValueError, OverflowError, OSError):
        raise ValueError("Not a cursor of this list.") from None
    return Position(created_at=created_at, id=image_id)
