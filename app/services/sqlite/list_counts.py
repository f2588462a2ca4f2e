"""The counts of listed rows in each bucket of time, which triggers keep; see list_counters.py."""

import sqlite3

from app.services.records.list_counters import SHIFTS

_ALL_SHIFTS = f"(SELECT column1 AS shift FROM (VALUES {', '.join(f'({n})' for n in SHIFTS)}))"  # noqa: S608 - reason: constants only


def _count(row: str) -> str:
    """Return SQL that counts a row in all its lists."""
    return f"""INSERT INTO ranks SELECT value, shift, {row}.created_ms >> shift, 1
        FROM json_each({row}.lists), {_ALL_SHIFTS} WHERE true
        ON CONFLICT DO UPDATE SET n = n + 1;"""  # noqa: S608 - reason: constants only


def _uncount(row: str) -> str:
    """Return SQL that uncounts a row, and deletes empty buckets."""
    statements = ""
    for shift in SHIFTS:
        bucket = f"""list IN (SELECT value FROM json_each({row}.lists))
            AND shift = {shift} AND bucket = {row}.created_ms >> {shift}"""  # noqa: S608 - reason: constants only
        statements += f"UPDATE ranks SET n = n - 1 WHERE {bucket};"  # noqa: S608 - reason: constants only
        statements += f"DELETE FROM ranks WHERE {bucket} AND n = 0;"  # noqa: S608 - reason: constants only
    return statements


RECOUNTED = f"""SELECT value, shift, created_ms >> shift, count(*)
    FROM generations, json_each(lists), {_ALL_SHIFTS} WHERE lists IS NOT NULL GROUP BY 1, 2, 3"""  # noqa: S608 - reason: constants only
"""Selects the rows that the table of counts must have."""

_INCREMENT_VERSION = "UPDATE list_version SET n = n + 1;"
_DELETE_TERMS = "DELETE FROM index_terms WHERE rowid = old.place;"
_CLEAR_PLACE = "UPDATE generations SET place = NULL WHERE id = new.id AND place = old.place;"

LISTED_TRIGGER = f"""CREATE TRIGGER listed AFTER INSERT ON generations
    WHEN new.lists IS NOT NULL
    BEGIN {_count("new")} {_INCREMENT_VERSION} END"""
RELISTED_TRIGGER = f"""CREATE TRIGGER relisted AFTER UPDATE OF lists, created_ms, document
    ON generations WHEN coalesce(old.lists, new.lists) IS NOT NULL
    BEGIN {_uncount("old")} {_count("new")}
        {_DELETE_TERMS} {_CLEAR_PLACE} {_INCREMENT_VERSION} END"""
UNLISTED_TRIGGER = f"""CREATE TRIGGER unlisted AFTER DELETE ON generations
    WHEN old.lists IS NOT NULL
    BEGIN {_uncount("old")} {_DELETE_TERMS} {_INCREMENT_VERSION} END"""


def recount(connection: sqlite3.Connection, *, fix: bool) -> int:
    """Compare the stored counts with the rows; return how many were wrong.

    See ImageRecords.
    """
    recounted = set(connection.execute(RECOUNTED))
    stored = set(connection.execute("SELECT list, shift, bucket, n FROM ranks"))
    wrong = {count[:3] for count in recounted ^ stored}
    if fix and wrong:
        connection.executemany(
            "DELETE FROM ranks WHERE list = ? AND shift = ? AND bucket = ?", wrong
        )
        connection.executemany("INSERT INTO ranks VALUES (?, ?, ?, ?)", recounted - stored)
        connection.execute(_INCREMENT_VERSION)
    return len(wrong)
