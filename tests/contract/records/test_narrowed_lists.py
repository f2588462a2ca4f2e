"""Lists that are narrowed by tags, star, group, root and trash, on every record store."""

import uuid
from dataclasses import replace
from itertools import product
from typing import Any

from app.models import ImageRecord, InputReference, PageQuery, ProcessedImage, State
from app.ports import ImageRecords
from tests.support.builders import a_record
from tests.support.fakes.records import matches
from tests.support.stores.record_stores import add, ids, position_after, some_records

_LIMIT = 7
_IDS = tuple(str(uuid.UUID(int=number)) for number in range(2))


def a_reference(image_id: str) -> InputReference:
    """Make a reference to an image that was edited."""
    return InputReference(role="image", image_id=image_id, sha256="0" * 64)


def judged(record: ImageRecord, verdict: str | None) -> ProcessedImage:
    """Return the record's image with a verdict in its report, or with none."""
    assert record.image is not None
    return replace(record.image, report={} if verdict is None else {"verdict": verdict})


def organized_records() -> list[ImageRecord]:
    """Make records of two owners with tags, stars, groups and words, some in the trash."""
    return [
        replace(
            record,
            owner=("ann", "bob", "")[n % 3],
            tags=[tag for tag, nth in (("Fox", 2), ("red hair", 3)) if n % nth == 0],
            starred=n % 5 < 2,
            image=judged(record, ("good", "check", None, "splendid")[n % 4 if n % 5 else 0]),
            group="g" if n % 7 == 0 else "",
            root="r" if n % 11 < 3 else "",
            parent=_IDS[0] if n % 13 == 0 else "",
            inputs=[a_reference(each) for each in _IDS[: n % 3]],
            state=State.TRASHED if n % 4 == 0 else State.READY,
            tokens=("foxes",) if n % 2 else ("owl",),
        )
        for n, record in enumerate(some_records(60))
    ]


NARROWED: list[dict[str, Any]] = [
    {"tags": ("FOX",)},
    {"tags": ("red hair",)},
    {"tags": ("red",)},
    {"starred": True},
    {"verdict": "good"},
    {"verdict": "check"},
    {"verdict": "bad"},
    {"verdict": "check", "tags": ("fox",)},
    {"group": "g"},
    {"root": "r"},
    {"parents": (_IDS[0],)},
    {"parents": (_IDS[1],)},
    {"parents": _IDS, "starred": True},
    {},
    {"tags": ("fox", "red hair")},
    {"tags": ("fox",), "starred": True},
    {"words": ("oxes",)},
    {"words": ("fox",), "starred": True, "tags": ("red hair",)},
    {"group": "g", "root": "r"},
]


def test_lists_are_narrowed_by_all_that_a_query_names(store: ImageRecords) -> None:
    """Pages by offset and position, and exact totals, for everyone and for each owner."""
    records = organized_records()
    add(store, records)
    for narrowed, owner, trashed in product(NARROWED, (None, "ann", "bob", "eve"), (False, True)):
        query = PageQuery(limit=_LIMIT, owner=owner, trashed=trashed, **narrowed)
        expected = ids([record for record in records if matches(record, query)])
        walked: list[str] = []
        for offset in range(0, len(expected) + 1, _LIMIT):
            page = store.page(replace(query, offset=offset))
            assert (page.total, page.total_exact) == (len(expected), True), query
            assert page.more == (offset + _LIMIT < len(expected))
            walked += ids(page.records)
        assert walked == expected, query
        if len(expected) > _LIMIT:
            second = replace(query, after=position_after(store.page(query).records[-1]))
            assert ids(store.page(second).records) == expected[_LIMIT : 2 * _LIMIT], query


def test_lists_follow_changes(store: ImageRecords) -> None:
    """A record leaves its lists and enters others when it changes, and all when it is deleted."""
    before = a_record(owner="ann", tags=("fox",), starred=True)
    store.insert(before)
    after = replace(before, tags=("Owl",), starred=False, state=State.TRASHED, tokens=("owl",))
    assert store.compare_and_swap(before, after)
    for query, total in (({"tags": ("fox",)}, 0), ({"starred": True}, 0), ({}, 0)):
        assert store.page(PageQuery(limit=1, owner="ann", **query)).total == total
    assert store.page(PageQuery(limit=1, tags=("owl",), trashed=True)).total == 1
    assert store.page(PageQuery(limit=1, words=("owl",), trashed=True)).total == 1
    assert store.page(PageQuery(limit=1, words=("fox",), trashed=True)).total == 0
    assert store.recount(fix=False) == 0
    store.delete(before.id)
    assert store.page(PageQuery(limit=1, trashed=True)).total == 0
    assert store.recount(fix=False) == 0
