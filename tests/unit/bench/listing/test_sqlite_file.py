"""Records written in bulk are those that the service writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from bench.listing import calls, sqlite_file

COUNT = 1200


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a file of some records, of which a sample is verified."""
    return sqlite_file.file(COUNT, tmp_path_factory.mktemp("bench"))


def test_the_counts_of_a_file_in_bulk_are_right(file: Path) -> None:
    """A recount finds nothing, and all pages and searches have their records and exact totals."""
    with closing(SqliteRecords(SqliteDatabase(file))) as records:
        assert records.recount(fix=False) == 0
        for call in (calls.pages(records, COUNT) | calls.searches(records)).values():
            call()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE generations SET document = replace(document, '1024x1024', '1024x1536')",
        "UPDATE index_terms SET terms = terms || ' zzz'",
        "UPDATE generations SET lists = '[\"\"]'",
        "DELETE FROM ranks WHERE list = ''",
    ],
)
def test_other_rows_than_the_services_are_noticed(file: Path, damage: str) -> None:
    """The sample differs if any part of the rows does."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS relisted")
        sqlite_file.verify(connection, COUNT)
        connection.execute(damage)
        with pytest.raises(AssertionError):
            sqlite_file.verify(connection, COUNT)
        connection.rollback()
