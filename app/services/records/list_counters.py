"""Counts of listed records by time, which locate any page without a scan.

Times in milliseconds fall into buckets of three widths, each 256 times the next: 50 days, 5 hours
and a minute. To find an offset, the counts of whole buckets are skipped first, then the records
of a single minute.

Each record is counted in every list that contains it; see lists.py.
"""

from collections.abc import Callable, Iterable

SHIFTS = (32, 24, 16)
"""The number of bits of a time in milliseconds that a bucket drops, widest bucket first."""
CHILD_BITS = 8
"""The number of bits in which the buckets within a wider bucket differ."""

ChildCounts = Callable[[int, int | None], Iterable[tuple[int, int]]]
"""Returns (bucket, count) pairs of a shift, newest first.

The second argument is the bucket of the next wider shift that contains them; None for the widest.
"""


def buckets(milliseconds: int) -> list[tuple[int, int]]:
    """Return the buckets that contain this time, as (shift, bucket)."""
    return [(shift, milliseconds >> shift) for shift in SHIFTS]


def seek(offset: int, child_counts: ChildCounts) -> tuple[int, int] | None:
    """Locate the record at this offset from the newest.

    Args:
        offset: how many records to skip.
        child_counts: reads the counts.

    Returns:
        A time in milliseconds, and how many of the records before it are still to be skipped;
        None if there are not that many records.
    """
    wider: int | None = None
    for shift in SHIFTS:
        found = None
        for bucket, count in child_counts(shift, wider):
            if offset < count:
                found = bucket
                break
            offset -= count
        if found is None:
            # The end of the list; or the narrow counts add up to less than the wide one, and the
            # search continues after it.
            return None if wider is None else (wider << (shift + CHILD_BITS), offset)
        wider = found
    return ((wider or 0) + 1) << SHIFTS[-1], offset
