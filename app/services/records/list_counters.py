"""Counts of listed rows by time, from which a page's place and the total are known at once.

Milliseconds are cut into buckets of three widths, each 256 of the next: 50 days, 5 hours, a minute.
Instead of passing over all rows before a page, one passes over the counts of whole buckets,
and then over the rows of a single minute.

Every row counts for everyone, and once more for its owner, if it has one.
"""

from collections.abc import Callable, Iterable

SHIFTS = (32, 24, 16)
"""How many bits of a time in milliseconds a bucket leaves out, the widest first."""
CHILD_BITS = 8
"""How many bits the buckets inside of a wider one differ in."""

MAX_COUNTED = 1000
"""Matches of words are counted, up to here: to count all takes as long as there are many."""

EVERYONE = ""
"""Whose counts those of all rows are."""

Children = Callable[[int, int | None], Iterable[tuple[int, int]]]


def owner_word(owner: str) -> str:
    """Return what a row of this owner is found by among its words; nobody can search for it."""
    return f"\x00{owner}"


def buckets(milliseconds: int) -> list[tuple[int, int]]:
    """Return the buckets that this time is in, as (shift, bucket)."""
    return [(shift, milliseconds >> shift) for shift in SHIFTS]


def seek(offset: int, children: Children) -> tuple[int, int] | None:
    """Find the row at this offset, counted from the newest.

    Args:
        offset: how many rows to pass over.
        children: gives the (bucket, count) of this shift, newest first, that are inside of the
            bucket of the next wider shift, or all of the widest.

    Returns:
        A time in milliseconds, and how many of the rows before it are to be passed over still;
        None if there are not that many rows.
    """
    wider: int | None = None
    for shift in SHIFTS:
        found = None
        for bucket, count in children(shift, wider):
            if offset < count:
                found = bucket
                break
            offset -= count
        if found is None:  # the end; or narrow counts are short of the wide one: go on behind it
            return None if wider is None else (wider << (shift + CHILD_BITS), offset)
        wider = found
    return ((wider or 0) + 1) << SHIFTS[-1], offset
