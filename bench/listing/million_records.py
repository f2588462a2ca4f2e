"""A million records, like a busy year: irregular times, and words by Zipf's law.

`BENCH_RECORDS` sets another number of records.
"""

import itertools
import os
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.models import ImageRecord
from tests.support.builders import a_record

COUNT = int(os.environ.get("BENCH_RECORDS", "1000000"))
OWNER = "half"
"""The owner of every second record."""
TAG, RARE_TAG = "third", "Rare"
"""The tags of every third and every thousandth record; every tenth has a star."""
REPORTS = ({"verdict": "check"}, *({"verdict": "good"},) * 4)
"""The reports of the cutouts, in turns."""
ROOT = "00000000-0000-4000-8000-000000000000"
"""The root of every twentieth record."""
RARE, FREQUENT = 4000, (3, 5)
"""Ranks of words in the vocabulary."""
GROUP, _GROUPED = 4, 40
"""The first GROUP of each _GROUPED neighbors are the candidates of a request."""
_START = datetime(2025, 1, 1, tzinfo=UTC)
_YEAR_MS = 31_536_000_000
_WORDS = 5000
_WORDS_PER_PROMPT = 15
_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "fa", "ge", "hi", "jo")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The fields in which the records differ."""

    id: str
    created: datetime
    prompt: str
    words: Sequence[str]
    owner: str
    tags: tuple[str, ...]
    starred: bool
    group: str
    root: str
    parents: Sequence[str] = ()
    verdict: str


def word(rank: int) -> str:
    """Return the word of this rank in the vocabulary; 0 is the most frequent."""
    text = ""
    while rank or not text:
        rank, digit = divmod(rank, len(_SYLLABLES))
        text += _SYLLABLES[digit]
    return text


def entries(count: int, seed: int = 5) -> Iterator[Entry]:
    """Yield entries in order of time, with exponential gaps."""
    rng = random.Random(seed)
    vocabulary = [word(rank) for rank in range(_WORDS)]
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(_WORDS)))
    mean_gap_ms = _YEAR_MS / count
    created = _START
    for number in range(count):
        created += timedelta(milliseconds=round(rng.expovariate(1 / mean_gap_ms)))
        words = rng.choices(vocabulary, cum_weights=weights, k=_WORDS_PER_PROMPT)
        tags = [tag for tag, nth in ((TAG, 3), (RARE_TAG, 1000)) if number % nth == 0]
        group, place = divmod(number, _GROUPED)
        yield Entry(
            id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            created=created,
            prompt=" ".join(words),
            words=sorted(set(words)),
            owner=OWNER if number % 2 else "",
            tags=tuple(tags),
            starred=number % 10 == 0,
            group=group_id(group) if place < GROUP else "",
            root=ROOT if number % 20 == 0 else "",
            verdict=REPORTS[number % len(REPORTS)]["verdict"],
        )


def group_id(number: int) -> str:
    """Return the id of a group."""
    return str(uuid.UUID(int=number, version=4))


def record_of(entry: Entry) -> ImageRecord:
    """Return the ready record of an entry, of about a kilobyte."""
    record = a_record(
        id=entry.id,
        prompt=entry.prompt,
        requested_at=entry.created - timedelta(seconds=30),
        lease_until=entry.created + timedelta(seconds=200),
        created_at=entry.created,
    )
    assert record.image is not None
    return replace(
        record,
        image=replace(record.image, report={"verdict": entry.verdict}),
        owner=entry.owner,
        tags=entry.tags,
        starred=entry.starred,
        group=entry.group,
        root=entry.root,
    )


def generate_records(count: int) -> Iterator[ImageRecord]:
    """Yield the records of the entries."""
    return map(record_of, entries(count))
