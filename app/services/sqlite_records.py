"""The Records port on SQLite: what is used where there is no MongoDB."""

import queue
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from app.errors import RecordsUnavailable
from app.models import Generation, Page, Position, State
from app.services.documents import from_document, to_document
from app.services.lazy import Lazy

_SCHEMA = """
CREATE TABLE IF NOT EXISTS generations (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    created_ms INTEGER,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS newest ON generations (state, created_ms DESC, id DESC);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT NOT NULL,
    id TEXT NOT NULL REFERENCES generations ON DELETE CASCADE,
    PRIMARY KEY (token, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_of ON tokens (id);
"""
_COUNT = "SELECT count(*) FROM generations WHERE "
_SELECT = "SELECT id, document FROM generations WHERE "
_WITH_WORD = " AND id IN (SELECT id FROM tokens WHERE token = ?)"
_BEHIND = " AND (created_ms, id) < (?, ?)"
_NEWEST_FIRST = " ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"
_BUSY_SECONDS = 5.0


class _Connections(queue.LifoQueue[sqlite3.Connection]):
    """The connections that nobody uses right now."""

    def close(self) -> None:
        """Close them; one that is lent meanwhile closes when it is dropped."""
        while not self.empty():
            self.get_nowait().close()


class SqliteRecords:
    """Keeps a row per generation in one file; workers and threads may share it.

    What a call has written is on the disk when the call returns (WAL with synchronous=FULL).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: Lazy[_Connections] = Lazy(self._first)

    def insert(self, generation: Generation) -> None:
        """See Records."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO generations (state, created_ms, document, id) VALUES (?, ?, ?, ?)",
                _columns(generation),
            )
            connection.executemany(
                "INSERT INTO tokens (token, id) VALUES (?, ?)",
                [(token, generation.id) for token in generation.tokens],
            )

    def replace(self, generation: Generation) -> None:
        """See Records. The words to search for never change."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE generations SET state = ?, created_ms = ?, document = ? WHERE id = ?",
                _columns(generation),
            )

    def get(self, image_id: str) -> Generation | None:
        """See Records."""
        with self._connection() as connection:
            row = connection.execute(_SELECT + "id = ?", (image_id,)).fetchone()
        return _generation(*row) if row else None

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        after: Position | None = None,
        words: Sequence[str] = (),
    ) -> Page:
        """See Records."""
        # Only constants are put together here; every value is bound.
        chosen = "state = ?" + _WITH_WORD * len(words)
        values: list[object] = [str(State.READY), *words]
        behind, place = "", list[object]()
        if after is not None:
            behind, place = _BEHIND, [_milliseconds(after), after.id]
        with self._connection() as connection:
            count = connection.execute(_COUNT + chosen, values).fetchone()
            rows = connection.execute(
                _SELECT + chosen + behind + _NEWEST_FIRST, [*values, *place, limit + 1, offset]
            ).fetchall()
        found = [_generation(*row) for row in rows]
        return Page(rows=found[:limit], total=count[0], more=len(found) > limit)

    def delete(self, image_id: str) -> None:
        """See Records."""
        with self._connection() as connection:
            connection.execute("DELETE FROM generations WHERE id = ?", (image_id,))

    def ping(self) -> None:
        """See Records: a write transaction can be had."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._idle.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend an idle connection, or a new one, for one transaction."""
        try:
            idle = self._idle()
            try:
                connection = idle.get_nowait()
            except queue.Empty:
                connection = self._open()
            try:
                with connection:  # commits, or rolls back
                    yield connection
            except BaseException:  # reason: however it ended, its transaction may be open
                connection.close()
                raise
            idle.put(connection)
        except (sqlite3.Error, OSError) as error:
            raise RecordsUnavailable(f"SQLite: {type(error).__name__}") from None

    def _first(self) -> _Connections:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        return _Connections()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


def _columns(generation: Generation) -> tuple[str, int | None, str, str]:
    document = orjson.dumps(to_document(generation)).decode()
    created = generation.created_at
    created_ms = None if created is None else round(created.timestamp() * 1000)
    return str(generation.state), created_ms, document, generation.id


def _generation(image_id: str, text: str) -> Generation:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    return from_document({**(document if isinstance(document, dict) else {}), "id": image_id})


def _milliseconds(place: Position) -> int:
    return round(place.created_at.timestamp() * 1000)
