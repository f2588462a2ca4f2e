"""Queries for pages in MongoDB: each fits an index, so none reads the whole list.

The test server has MongoDB's protocol but another query planner, so its times and its choice of an
index mean nothing. These tests check the shape that MongoDB's manual recommends (equality, sort,
range), and that the server can execute the query with that index.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from app.models import PageQuery, Position, State
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.indexes import INDEXES
from app.services.mongodb.records import MongoRecords
from app.services.records.list_counters import SHIFTS
from app.services.records.terms import list_term
from tests.attacks import Observe, attack
from tests.support.builders import NOON, a_record
from tests.support.servers.databases import MongoServer

Command = dict[str, Any]


class QueryRecorder(CommandListener):
    """Records the commands that a client sends."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Record the command."""
        self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Do nothing."""

    def queries(self, collection: str) -> list[Command]:
        """Return the recorded find commands on this collection."""
        return [command for command in self.commands if command.get("find") == collection]


@pytest.fixture(scope="module")
def recorder() -> QueryRecorder:
    """Make the recorder."""
    return QueryRecorder()


@pytest.fixture(scope="module")
def client(mongo_server: MongoServer, recorder: QueryRecorder) -> Iterator[MongoClient[Command]]:
    """Make a client whose commands are recorded."""
    client: MongoClient[Command] = MongoClient(
        mongo_server.uri, tz_aware=True, event_listeners=[recorder]
    )
    with client:
        yield client


@pytest.fixture(scope="module")
def filled(client: MongoClient[Command], mongo_server: MongoServer) -> MongoRecords:
    """Make a store of thirty records, a day apart, with the same tokens; tests only read it."""
    database = f"test_{uuid.uuid4().hex}"
    store = MongoRecords(MongoDatabase(uri=mongo_server.uri, name=database, client=client))
    for days in range(30):
        record = a_record(
            created_at=NOON - timedelta(days=days),
            tokens=("fox", "red"),
            tags=("Fox",),
            owner="ann",
        )
        store.insert(record)
        store.insert(replace(record, id=str(uuid.uuid4()), state=State.TRASHED, tags=()))
    return store


@pytest.fixture
def store(filled: MongoRecords, recorder: QueryRecorder) -> MongoRecords:
    """Return that store, with no recorded commands yet."""
    recorder.commands.clear()
    return filled


AFTER = Position(created_at=NOON - timedelta(days=20), id="8")
PAGES: dict[str, tuple[Command, str]] = {
    "first page": ({}, "newest"),
    "by offset": ({"offset": 20}, "newest"),
    "by position": ({"after": AFTER}, "newest"),
    "an owner's first page": ({"owner": "ann"}, "owned"),
    "an owner's by offset": ({"owner": "ann", "offset": 20}, "owned"),
    "an owner's by position": ({"owner": "ann", "after": AFTER}, "owned"),
    "words": ({"words": ("fox",)}, "terms"),
    "a tag": ({"tags": ("Fox",)}, "terms"),
    "a tag of an owner, by offset": ({"tags": ("fox",), "owner": "ann", "offset": 20}, "terms"),
    "the trash": ({"trashed": True}, "newest"),
    "words by position": ({"words": ("fox", "red"), "after": AFTER}, "terms"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_queried_in_the_order_of_an_index(
    page: str, store: MongoRecords, recorder: QueryRecorder, client: MongoClient[Command]
) -> None:
    """The fields compared for equality, then those of the sort, are the index's keys."""
    arguments, index = PAGES[page]
    assert store.page(PageQuery(limit=5, **arguments)).records
    (query,) = recorder.queries("generations")
    equal = [field for field, value in query["filter"].items() if _is_equality(field, value)]
    keys = [(field, 1) for field in sorted(equal, reverse=True)] + list(query["sort"].items())
    assert keys == INDEXES[index]
    assert query["limit"] == 6
    assert query.get("skip", 0) < 30 / 2  # the counts skip most of the offset
    plan = _plan(client[query["$db"]], query, index)
    assert ("IXSCAN", index) in plan
    assert "COLLSCAN" not in dict(plan)


def test_a_page_by_position_bounds_the_index(store: MongoRecords, recorder: QueryRecorder) -> None:
    """A plain condition on the time is beside the exact one, which is an `$or`."""
    store.page(PageQuery(limit=5, after=AFTER))
    (query,) = recorder.queries("generations")
    assert query["filter"]["created_at"] == {"$lte": AFTER.created_at}


def test_pages_and_totals_come_from_counts(store: MongoRecords, recorder: QueryRecorder) -> None:
    """No records are counted, and of each bucket width one bucket's counts are read."""
    assert store.page(PageQuery(limit=5, offset=20)).total == 30
    assert not [command for command in recorder.commands if "aggregate" in command]
    counts = recorder.queries("ranks")
    assert {query["filter"]["shift"] for query in counts} == set(SHIFTS)
    assert all("bucket" in each["filter"] for each in counts if each["filter"]["shift"] < SHIFTS[0])


def test_matches_are_counted_up_to_a_limit(store: MongoRecords, recorder: QueryRecorder) -> None:
    """At most a thousand matches are counted, and one more to see that there are more."""
    store.page(PageQuery(limit=5, words=("fox", "red")))
    limits = [
        stage["$limit"]
        for command in recorder.commands
        if "aggregate" in command
        for stage in command["pipeline"]
        if "$limit" in stage
    ]
    assert limits == [1001] * 3  # each word, to find the rarer one, and both


def _is_equality(field: str, value: object) -> bool:
    if field.startswith("$"):
        return False
    return not isinstance(value, dict) or "$all" in value


def _plan(database: Any, query: Command, index: str) -> list[tuple[str, str]]:
    """Return the stages of the server's plan with that index, and the index of each stage."""
    names = ("find", "filter", "sort", "skip", "limit")
    command = {name: query[name] for name in names if name in query}
    stage = database.command("explain", command | {"hint": index})["queryPlanner"]["winningPlan"]
    stages = []
    while stage:
        stages.append((stage["stage"], stage.get("indexName", "")))
        stage = stage.get("inputStage")
    return stages


@pytest.mark.parametrize("owner", [None, "ann"])
@attack("A search for 100 words", expect="12 words counted, and all required")
def test_few_of_many_words_are_counted(
    store: MongoRecords, recorder: QueryRecorder, observe: Observe, owner: str | None
) -> None:
    """The longest words and the owner are counted; all words are conditions of the page."""
    words = ("fox", *(f"{number:02}" for number in range(99)))
    store.page(PageQuery(limit=3, words=words, owner=owner))
    *counts, _total = [command for command in recorder.commands if "aggregate" in command]
    counted = [count["pipeline"][0]["$match"]["terms"] for count in counts]
    assert "fox" in counted
    assert (list_term("ann") in counted) is (owner is not None)
    (query,) = recorder.queries("generations")
    required = query["filter"]["terms"]["$all"]
    assert sorted(required) == sorted([*words, *([list_term(owner)] if owner else [])])
    observe(f"{len(counted)} words counted, and all required")
