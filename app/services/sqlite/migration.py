"""SQL functions for the migration of older files."""

from collections.abc import Callable
from typing import Any

import orjson

from app.models import ImageRecord, State
from app.models.prompts import fold
from app.services.records.document import from_document
from app.services.records.lists import lists_of
from app.services.records.terms import terms_of
from app.services.sqlite.full_text import joined


def _folded_again(document: str) -> str:
    """Return the document with the words of its prompts, as they are folded now."""
    record = _record(document)
    words = {*record.tokens, *fold(record.prompt, record.subject)}
    if words <= set(record.tokens):
        return document
    return orjson.dumps(orjson.loads(document) | {"tokens": sorted(words)}).decode()


def _lists_of(state: str, owner: str | None, document: str) -> str | None:
    record = _record(document)
    names = lists_of(State(state), owner or "", record)
    return orjson.dumps(names).decode() if names else None


def _terms_of(image_id: str, state: str, owner: str | None, document: str) -> str:
    record = _record(document, id=image_id, state=state, owner=owner or "")
    return joined(terms_of(record))


def _words_of(document: str) -> str:
    return " ".join(_record(document).tokens)


def _record(document: str, **columns: str) -> ImageRecord:
    try:
        values = orjson.loads(document)
    except orjson.JSONDecodeError:
        values = None
    return from_document({"id": ""} | (values if isinstance(values, dict) else {}) | columns)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "folded_again": _folded_again,
    "lists_of": _lists_of,
    "terms_of": _terms_of,
    "words_of": _words_of,
}
