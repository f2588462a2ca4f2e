"""Tags: words that callers give to their images."""

import unicodedata
from collections.abc import Sequence
from typing import Any

MAX_TAGS = 16
"""Tags of an image. Each is counted in lists of its own, so they bound what a change writes."""

MAX_TAG_CHARS = 50
"""Characters of a tag."""

_JOINERS = "\u200c\u200d"  # invisible, but part of emoji and of Persian and Indic words


class InvalidTags(ValueError):
    """The value is not a list of valid tags; the message says why."""


def normalize_tags(values: Any) -> tuple[str, ...]:
    """Return the normalized tags in order, the first one of those that are equal.

    Raises:
        InvalidTags: the value is not a list of at most MAX_TAGS valid tags.
    """
    if not isinstance(values, list | tuple):
        raise InvalidTags("Must be a list of tags.")
    tags = [normalize_tag(value) for value in values]
    if len(set(map(comparable, tags))) > MAX_TAGS:
        raise InvalidTags(f"Must have at most {MAX_TAGS} tags.")
    return union_of_tags(tags, ())


def normalize_tag(value: Any) -> str:
    """Return a tag in Unicode NFC, with single spaces inside and none around it.

    Raises:
        InvalidTags: it is blank, too long, or contains characters that can't be displayed.
    """
    if not isinstance(value, str):
        raise InvalidTags("A tag must be a string.")
    tag = " ".join(unicodedata.normalize("NFC", value).split())
    if not tag.strip(_JOINERS):
        raise InvalidTags("A tag must not be blank.")
    if len(tag) > MAX_TAG_CHARS:
        raise InvalidTags(f"A tag must have at most {MAX_TAG_CHARS} characters.")
    if not all(char.isprintable() or char in _JOINERS for char in tag):
        raise InvalidTags("A tag must not contain control characters.")
    return tag


def comparable(tag: str) -> str:
    """Return the form in which tags are compared: without case."""
    decomposed = unicodedata.normalize("NFD", tag)
    return unicodedata.normalize("NFC", decomposed.casefold())


def union_of_tags(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return the first tags and those of the second that differ, up to MAX_TAGS."""
    tags: dict[str, str] = {}
    for tag in (*first, *second):
        tags.setdefault(comparable(tag), tag)
    return tuple(tags.values())[:MAX_TAGS]
