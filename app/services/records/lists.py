"""The counted lists: everyone's images, each owner's, and each of these narrowed once.

A list is narrowed by a tag, the star, a verdict, a group, a root or a parent. The images in the
trash have lists of their own. A list's name is the owner's id, or nothing for everyone; then `~`
for the trash; then the narrowing. Ids of owners consist of letters and digits, so names are
unambiguous.
"""

from collections.abc import Sequence
from typing import Protocol

from app.models import PageQuery, State
from app.models.tags import comparable

EVERYONE = ""
"""The list of all images that are not in the trash."""
TRASH = "~"
"""The list of all images in the trash."""

_PREFIXES = {State.READY: "", State.TRASHED: TRASH}
LISTED_STATES = frozenset(_PREFIXES)
_VERDICT = "!"


class Narrowed(Protocol):
    """What narrows a list: the fields of a record, or those of a query."""

    @property
    def group(self) -> str:
        """The group's id, or ""."""

    @property
    def root(self) -> str:
        """The root's id, or ""."""

    @property
    def parents(self) -> Sequence[str]:
        """The ids of the parents."""

    @property
    def tags(self) -> Sequence[str]:
        """The tags."""

    @property
    def verdict(self) -> str:
        """The verdict on the cutout, or ""."""

    @property
    def starred(self) -> bool:
        """Whether there is a star."""


def lists_of(state: State, owner: str, narrowed: Narrowed) -> tuple[str, ...]:
    """Return the names of all lists that contain a record."""
    if state not in LISTED_STATES:
        return ()
    narrowings = ("", *_narrowings(narrowed))
    owners = (EVERYONE, owner) if owner else (EVERYONE,)
    return tuple(name + _PREFIXES[state] + each for name in owners for each in narrowings)


def lists_of_query(query: PageQuery) -> list[str]:
    """Return the names of the lists that contain all images of a query.

    Without words, the query is the list if there is one, and else what the lists have in common.
    """
    list_name = plain_list(query)
    return [list_name + each for each in _narrowings(query)] or [list_name]


def verdict_lists(verdict: str) -> tuple[str, ...]:
    """Return the names of everyone's lists of this verdict: of images, and in the trash."""
    return tuple(f"{prefix}{_VERDICT}{verdict}" for prefix in _PREFIXES.values())


def plain_list(query: PageQuery) -> str:
    """Return the name of the list that the query narrows."""
    return (query.owner or EVERYONE) + (TRASH if query.trashed else "")


def _narrowings(narrowed: Narrowed) -> list[str]:
    named = {"@": narrowed.group, "^": narrowed.root, _VERDICT: narrowed.verdict}
    return [
        *dict.fromkeys(f"#{comparable(tag)}" for tag in narrowed.tags),
        *(mark + value for mark, value in named.items() if value),
        *(f">{parent}" for parent in narrowed.parents),
        *(["*"] if narrowed.starred else []),
    ]
