"""How MongoDB is asked for pages: each question fits an index, so no question reads the whole list.

The test server has MongoDB's protocol but a planner of its own, so its times and its choice of an
index say nothing. What is held here is the shape that MongoDB's manual asks for (equality, sort,
range), and that the server can answer by that index.
"""

import uuid
from collections.abc import Iterator
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

from app.models import PageQuery, Position
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.indexes import INDEXES
from app.services.mongodb.records import MongoRecords
from app.services.records.list_counters import SHIFTS
from tests.support.builders import NOON, a_generation
from tests.support.servers.databases import MongoServer

Command = dict[str, Any]


class Overheard(CommandListener):
    """Keeps the questions that a client asks."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it."""
        self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to do."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to do."""

    def questions(self, collection: str) -> list[Command]:
        """Return those to find something in this collection."""
        return [command for command in self.commands if command.get("find") == collection]


@pytest.fixture(scope="module")
def overheard() -> Overheard:
    """Give the listener."""
    return Overheard()


@pytest.fixture(scope="module")
def client(mongo_server: MongoServer, overheard: Overheard) -> Iterator[MongoClient[Command]]:
    """Give a client that is listened to."""
    client: MongoClient[Command] = MongoClient(
        mongo_server.uri, tz_aware=True, event_listeners=[overheard]
    )
    with client:
        yield client


@pytest.fixture(scope="module")
def filled(client: MongoClient[Command], mongo_server: MongoServer) -> MongoRecords:
    """Give records with thirty rows, a day apart, of words that they share; tests only read."""
    database = f"test_{uuid.uuid4().hex}"
    records = MongoRecords(MongoDatabase(uri=mongo_server.uri, name=database, client=client))
    for days in range(30):
        records.insert(
            a_generation(created_at=NOON - timedelta(days=days), tokens=("fox", "red"), owner="ann")
        )
    return records


@pytest.fixture
def records(filled: MongoRecords, overheard: Overheard) -> MongoRecords:
    """Give these records with nothing overheard yet."""
    overheard.commands.clear()
    return filled


AFTER = Position(created_at=NOON - timedelta(days=20), id="8")
PAGES: dict[str, tuple[Command, str]] = {
    "the first page": ({}, "newest"),
    "a page by number": ({"offset": 20}, "newest"),
    "a page by cursor": ({"after": AFTER}, "newest"),
    "an owner's first page": ({"owner": "ann"}, "owned"),
    "an owner's page by number": ({"owner": "ann", "offset": 20}, "owned"),
    "an owner's page by cursor": ({"owner": "ann", "after": AFTER}, "owned"),
    "words": ({"words": ("fox",)}, "matches"),
    "words by cursor": ({"words": ("fox", "red"), "after": AFTER}, "matches"),
}


@pytest.mark.parametrize("asked", PAGES)
def test_a_page_is_asked_for_in_the_order_of_an_index(
    asked: str, records: MongoRecords, overheard: Overheard, client: MongoClient[Command]
) -> None:
    """What is compared for equality, then the order of the list: these are the index's keys."""
    arguments, index = PAGES[asked]
    assert records.page(PageQuery(limit=5, **arguments)).records
    (question,) = overheard.questions("generations")
    equal = [field for field, value in question["filter"].items() if _is_equality(field, value)]
    keys = [(field, 1) for field in sorted(equal, reverse=True)] + list(question["sort"].items())
    assert keys == INDEXES[index]
    assert question["limit"] == 6
    assert question.get("skip", 0) < 30 / 2  # of a page by number: passed over by counts
    plan = _plan(client[question["$db"]], question, index)
    assert ("IXSCAN", index) in plan
    assert "COLLSCAN" not in dict(plan)


def test_a_page_by_cursor_bounds_the_index(records: MongoRecords, overheard: Overheard) -> None:
    """A plain condition on the time stands beside the exact one, which is an `$or`."""
    records.page(PageQuery(limit=5, after=AFTER))
    (question,) = overheard.questions("generations")
    assert question["filter"]["created_at"] == {"$lte": AFTER.created_at}


def test_pages_and_totals_come_from_counts(records: MongoRecords, overheard: Overheard) -> None:
    """Nothing is counted for them, and of each width of counts one bucket's are read."""
    assert records.page(PageQuery(limit=5, offset=20)).total == 30
    assert not [command for command in overheard.commands if "aggregate" in command]
    counts = overheard.questions("ranks")
    assert {question["filter"]["shift"] for question in counts} == set(SHIFTS)
    assert all("bucket" in each["filter"] for each in counts if each["filter"]["shift"] < SHIFTS[0])


def test_matches_are_counted_to_a_limit(records: MongoRecords, overheard: Overheard) -> None:
    """However frequent words are, no more than a thousand matches are counted."""
    records.page(PageQuery(limit=5, words=("fox", "red")))
    limits = [
        stage["$limit"]
        for command in overheard.commands
        if "aggregate" in command
        for stage in command["pipeline"]
        if "$limit" in stage
    ]
    assert limits == [1001] * 3  # each word, to see which is rarer, and both


def _is_equality(field: str, value: object) -> bool:
    if field.startswith("$"):
        return False
    return not isinstance(value, dict) or "$all" in value


def _plan(database: Any, question: Command, index: str) -> list[tuple[str, str]]:
    """Return the stages of the server's plan by that index, with the index that each uses."""
    names = ("find", "filter", "sort", "skip", "limit")
    asked = {name: question[name] for name in names if name in question}
    stage = database.command("explain", asked | {"hint": index})["queryPlanner"]["winningPlan"]
    stages = []
    while stage:
        stages.append((stage["stage"], stage.get("indexName", "")))
        stage = stage.get("inputStage")
    return stages
