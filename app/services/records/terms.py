"""The terms by which records are searched: parts of words, and names of lists.

The terms of a word are its first two letters, and each three and each six that are neighbors. A
text in a script without spaces is one word, with each character and each two that are neighbors as
terms. A search looks up the longest terms of its words: few words have the same six letters, while
each three are in many. That finds all matches, and also records that have all terms of a
long word but in different places, so whether they contain the long words is checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from app.models import ImageRecord, PageQuery
from app.models.prompts import is_unspaced
from app.services.records.lists import TRASH, lists_of, lists_of_query

MAX_TERMS = 4096
"""Terms of a record. Prompts of the maximum length have fewer, except for random letters."""

_LETTERS, _MANY_LETTERS = 3, 6


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a record must have to match.

    Attributes:
        terms: terms that it must have.
        contained: texts, of which each must be a part of one of its words.
        excluded: terms that it must not have, for stores whose index has records of all states.
    """

    terms: Sequence[str]
    contained: Sequence[str]
    excluded: Sequence[str]


def search_of(query: PageQuery) -> Search:
    """Return the search for a query's words and lists."""
    labels = [list_term(name) for name in lists_of_query(query) if name]
    longest_first = sorted(query.words, key=len, reverse=True)
    parts = dict.fromkeys(chain.from_iterable(map(_looked_up, longest_first)))
    return Search(
        terms=[*labels, *parts],
        contained=[word for word in longest_first if len(word) > _longest_term(word)],
        excluded=[] if labels else [list_term(TRASH)],
    )


def terms_of(record: ImageRecord) -> list[str]:
    """Return the terms of a record's lists and words; none if no list contains it."""
    names = lists_of(record.state, record.owner, record)
    if not names:
        return []
    parts = dict.fromkeys(chain.from_iterable(map(_indexed, record.tokens)))
    return [*(list_term(name) for name in names if name), *parts][:MAX_TERMS]


def list_term(name: str) -> str:
    """Return the term of the records in a list, which no search can contain."""
    return f"\x00{name}"


def _indexed(word: str) -> Iterable[str]:
    if is_unspaced(word):
        return chain(word, map("".join, pairwise(word)))
    return (word[:2], *_parts(word, _LETTERS), *_parts(word, _MANY_LETTERS))


def _parts(word: str, length: int) -> Iterable[str]:
    return (word[start : start + length] for start in range(len(word) - length + 1))


def _looked_up(word: str) -> Iterable[str]:
    """Return terms that cover the word."""
    length = _longest_term(word)
    if len(word) <= length:
        return (word,)
    starts = {*range(0, len(word) - length, length), len(word) - length}
    return (word[start : start + length] for start in sorted(starts))


def _longest_term(word: str) -> int:
    if is_unspaced(word):
        return 2
    return _LETTERS if len(word) < _MANY_LETTERS else _MANY_LETTERS
