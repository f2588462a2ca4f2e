"""Pagination of the list of images: the query schema and cursors.

To clients, cursors are opaque.
"""

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.models import PageQuery, Position, object_keys
from app.models.images import Verdict
from app.models.prompts import fold
from app.models.tags import MAX_TAGS, normalize_tags


def _image_id(text: str) -> str:
    image_id = object_keys.id_of_name(text)
    if image_id and not object_keys.is_id(image_id):
        raise ValueError("Must be an id from an earlier response.")
    return image_id


class PageSelection(BaseModel):
    """Selects a page."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=10**9, description="Page number, from 1.")
    limit: int = Field(10, ge=1, le=100, description="Images per page.")
    cursor: str | None = Field(
        None, max_length=200, description="`next_cursor` of the previous page, instead of `page`."
    )

    @model_validator(mode="after")
    def _check_page_or_cursor(self) -> Self:
        if self.cursor and "page" in self.model_fields_set:
            raise ValueError("Use `page` or `cursor`, not both.")
        if self.cursor:
            decode_cursor(self.cursor)
        return self

    def page_query(self, owner: str | None) -> PageQuery:
        """Return the page query for the images of `owner`; None for all."""
        after = decode_cursor(self.cursor) if self.cursor else None
        offset = 0 if after else (self.page - 1) * self.limit
        return PageQuery(limit=self.limit, offset=offset, after=after, owner=owner)


class ListQuery(PageSelection):
    """Selects a page of the list."""

    q: str = Field(
        "", max_length=200, description="Words, or parts of words, that the prompt must contain."
    )
    tag: Annotated[tuple[str, ...], AfterValidator(normalize_tags)] = Field(
        (), max_length=MAX_TAGS, description="A tag; several must all match."
    )
    verdict: Verdict | None = Field(None, description="Only images with this verdict.")
    starred: bool = Field(False, description="Only images with a star.")
    trashed: bool = Field(False, description="The images in the trash instead of the others.")
    group: Annotated[str, AfterValidator(_image_id)] = Field(
        "", max_length=40, description="Id of a group of candidates."
    )
    root: Annotated[str, AfterValidator(_image_id)] = Field(
        "", max_length=40, description="File name of the image that others were made from."
    )

    def page_query(self, owner: str | None) -> PageQuery:
        """See PageSelection."""
        return replace(
            super().page_query(owner),
            words=_words_of(self.q),
            tags=self.tag,
            verdict=self.verdict or "",
            starred=self.starred,
            trashed=self.trashed,
            group=self.group,
            root=self.root,
        )


def _words_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a search.

    A text without words, such as an emoji, is searched as it is. No record has it, so nothing is
    found, rather than all images.
    """
    return fold(text) or tuple(text.split()[:1])


def _kept_ids(names: tuple[str, ...]) -> tuple[str, ...]:
    ids = tuple(_image_id(name.strip()) for text in names for name in text.split(","))
    if not ids or "" in ids:  # such as an empty variable of a script
        raise ValueError("Must name at least one image.")
    return ids


class GroupQuery(BaseModel):
    """Selects the images of a group that are not to be kept."""

    model_config = ConfigDict(extra="forbid")

    group: Annotated[str, AfterValidator(_image_id)] = Field(
        max_length=40, description="Id of a group of candidates."
    )
    keep: Annotated[tuple[str, ...], AfterValidator(_kept_ids)] = Field(
        (),
        alias="except",
        max_length=20,
        description="File name of an image to keep; several are separated by commas, or repeated.",
    )


def encode_cursor(position: Position) -> str:
    """Encode a position in the list as a cursor."""
    text = f"{round(position.created_at.timestamp() * 1000)}:{position.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Position:
    """Decode a cursor made by `encode_cursor`.

    Raises:
        ValueError: the text is not such a cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        milliseconds, _, image_id = text.partition(":")
        created_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (binascii.Error, UnicodeError, ValueError, OverflowError, OSError):
        raise ValueError("Must be the `next_cursor` of an earlier response.") from None
    return Position(created_at=created_at, id=image_id)
