"""The Records port on SQLite: what is used where there is no MongoDB."""

import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from app.errors import RecordsUnavailable
from app.models import Generation, Page, Position, State
from app.services import sqlite_pages
from app.services.lazy import Lazy
from app.services.sqlite_rows import READ, WRITTEN, created_ms, generation_of, milliseconds, values
from app.services.sqlite_schema import migrate, recount
from app.services.sqlite_words import write_words

_SELECT = f"SELECT {READ} FROM generations WHERE "  # noqa: S608 - reason: constants only
_INSERT = f"INSERT INTO generations ({WRITTEN}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - reason: constants only
_EXCHANGE = (
    f"UPDATE generations SET ({WRITTEN}) = (?, ?, ?, ?, ?, ?, ?), place = NULL "  # noqa: S608 - reason: constants only
    "WHERE id = ? AND state = ? AND lease_ms = ?"
)
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
        self._writer = threading.Lock()

    def insert(self, generation: Generation) -> bool:
        """See Records."""
        with self._writing() as connection:
            try:
                connection.execute(_INSERT, values(generation))
            except sqlite3.IntegrityError:
                return False
            _write_words(connection, generation)
        return True

    def exchange(self, old: Generation, new: Generation) -> bool:
        """See Records."""
        seen = (old.id, str(old.state), milliseconds(old.lease_until))
        with self._writing() as connection:
            done = connection.execute(_EXCHANGE, (*values(new), *seen)).rowcount == 1
            if done:
                _write_words(connection, new)
        return done

    def get(self, image_id: str) -> Generation | None:
        """See Records."""
        return next(iter(self._rows("id = ?", image_id)), None)

    def find(self, claim: str) -> Generation | None:
        """See Records."""
        return next(iter(self._rows("claim = ?", claim)), None)

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        after: Position | None = None,
        words: Sequence[str] = (),
    ) -> Page:
        """See Records."""
        place = None if after is None else (milliseconds(after.created_at), after.id)
        with self._connection() as connection:
            connection.execute("BEGIN")  # rows and total are of the same moment
            found = sqlite_pages.find(
                connection, words, limit=limit + 1, offset=offset, after=place
            )
            rows = [
                connection.execute(_SELECT + "id = ?", (image_id,)).fetchone()
                for image_id in found.ids[:limit]
            ]
        return Page(
            rows=[generation_of(row) for row in rows],
            total=found.total,
            total_exact=found.exact,
            more=len(found.ids) > limit,
        )

    def version(self) -> int:
        """See Records."""
        with self._connection() as connection:
            (version,) = connection.execute("SELECT n FROM list_version").fetchone()
        return int(version)

    def recount(self, *, fix: bool) -> int:
        """See Records: triggers keep the counts, so only another hand can make them wrong."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE" if fix else "BEGIN")
            return recount(connection, fix=fix)

    def delete(self, image_id: str) -> None:
        """See Records."""
        with self._writing() as connection:
            connection.execute("DELETE FROM generations WHERE id = ?", (image_id,))

    def overdue(self, now: datetime, *, limit: int) -> Sequence[Generation]:
        """See Records."""
        late = "state = ? AND lease_ms <= ? ORDER BY lease_ms LIMIT ?"
        return self._rows(late, str(State.PENDING), milliseconds(now), limit)

    def scan(self, *, after: str = "", limit: int) -> Sequence[Generation]:
        """See Records."""
        return self._rows("id > ? ORDER BY id LIMIT ?", after, limit)

    def forget_claims(self, before: datetime) -> int:
        """See Records."""
        old = (str(State.PENDING), milliseconds(before))
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM generations WHERE claim IS NOT NULL AND state = ? "
                "AND created_ms IS NULL AND requested_ms < ?",
                (str(State.DELETED), milliseconds(before)),
            )
            return connection.execute(
                "UPDATE generations SET claim = NULL "
                "WHERE claim IS NOT NULL AND state <> ? AND requested_ms < ?",
                old,
            ).rowcount

    def ping(self) -> None:
        """See Records: a write transaction can be had."""
        with self._writing():
            pass

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._idle.close()

    def _rows(self, chosen: str, *values: object) -> list[Generation]:
        with self._connection() as connection:
            rows = connection.execute(_SELECT + chosen, values).fetchall()
        return [generation_of(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose transaction may write, to one thread at a time.

        SQLite lets those who wait for the file sleep longer and longer, and whoever comes first
        takes it: among a hundred threads some would never have their turn within the time. So
        the threads wait here, and only processes compete for the file.
        """
        if not self._writer.acquire(timeout=_BUSY_SECONDS):
            raise RecordsUnavailable("SQLite: other threads have been writing all the time")
        try:
            with self._connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        finally:
            self._writer.release()

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
            migrate(connection)
        return _Connections()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def _write_words(connection: sqlite3.Connection, generation: Generation) -> None:
    created = created_ms(generation)
    if generation.state is State.READY and created is not None:
        write_words(connection, generation.id, created, generation.tokens)
