"""The tables of the SQLite file, and the migration of older files."""

import sqlite3

from app.services.sqlite import migration
from app.services.sqlite.list_counts import (
    LISTED_TRIGGER,
    RECOUNTED,
    RELISTED_TRIGGER,
    UNLISTED_TRIGGER,
)

# A row has no owner if its document is unreadable or names none.
_OWNER_IN_DOCUMENT = """CASE WHEN json_valid(document) THEN
    CASE json_type(document, '$.owner') WHEN 'text' THEN json_extract(document, '$.owner') END
END"""

_STEPS = (
    (
        """CREATE TABLE IF NOT EXISTS generations (
            id TEXT PRIMARY KEY,
            state TEXT NOT NULL,
            created_ms INTEGER,
            document TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS newest
            ON generations (state, created_ms DESC, id DESC)""",
        """CREATE TABLE IF NOT EXISTS tokens (
            token TEXT NOT NULL,
            id TEXT NOT NULL REFERENCES generations ON DELETE CASCADE,
            PRIMARY KEY (token, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX IF NOT EXISTS tokens_of ON tokens (id)",
    ),
    (
        "ALTER TABLE generations ADD COLUMN claim TEXT",
        "ALTER TABLE generations ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE generations ADD COLUMN requested_ms INTEGER NOT NULL DEFAULT 0",
        # A Julian day begins at noon; Unix time began at Julian day 2440587.5.
        # An unreadable time becomes 0, which is also how such a document is read.
        """UPDATE generations SET lease_ms = coalesce(round((julianday(
            CASE WHEN json_valid(document) THEN
                CASE json_type(document, '$.lease_until') WHEN 'text' THEN
                    json_extract(document, '$.lease_until')
                END
            END
        ) - 2440587.5) * 86400000), 0)""",
        "CREATE UNIQUE INDEX claims ON generations (claim) WHERE claim IS NOT NULL",
        "CREATE INDEX leases ON generations (lease_ms) WHERE state = 'pending'",
    ),
    (
        # As for leases above.
        """UPDATE generations SET requested_ms = coalesce(round((julianday(
            CASE WHEN json_valid(document) THEN
                CASE json_type(document, '$.requested_at') WHEN 'text' THEN
                    json_extract(document, '$.requested_at')
                END
            END
        ) - 2440587.5) * 86400000), 0) WHERE requested_ms = 0""",
        "UPDATE generations SET created_ms = requested_ms "
        "WHERE state = 'ready' AND created_ms IS NULL",
        # A number that every change of the list increments.
        "CREATE TABLE list_version (n INTEGER NOT NULL)",
        "INSERT INTO list_version VALUES (0)",
        # The tokens of listed rows, at a place in the order of time; see full_text.py.
        "CREATE VIRTUAL TABLE words USING fts5"
        "(tokens, id UNINDEXED, detail = none, columnsize = 0, tokenize = ascii)",
        # A table with row ids: without them, rows of more than a kilobyte take a page each.
        """CREATE TABLE rows_anew (
            id TEXT PRIMARY KEY NOT NULL,
            state TEXT NOT NULL,
            created_ms INTEGER,
            claim TEXT,
            lease_ms INTEGER NOT NULL DEFAULT 0,
            requested_ms INTEGER NOT NULL DEFAULT 0,
            place INTEGER,
            document TEXT NOT NULL
        )""",
        """INSERT INTO rows_anew SELECT id, state, created_ms, claim, lease_ms, requested_ms,
            CASE WHEN state = 'ready' THEN (created_ms << 20) + row_number() OVER times END,
            document
            FROM generations WINDOW times AS (PARTITION BY state, created_ms)
            ORDER BY created_ms""",
        """INSERT INTO words (rowid, tokens, id)
            SELECT place, (SELECT group_concat(lower(hex(token)), ' ') FROM tokens
                WHERE tokens.id = rows_anew.id), id
            FROM rows_anew WHERE place IS NOT NULL ORDER BY place""",
        "DROP TABLE tokens",
        "DROP TABLE generations",
        "ALTER TABLE rows_anew RENAME TO generations",
        "CREATE INDEX newest ON generations (state, created_ms DESC, id DESC)",
        "CREATE UNIQUE INDEX claims ON generations (claim) WHERE claim IS NOT NULL",
        "CREATE INDEX leases ON generations (lease_ms) WHERE state = 'pending'",
    ),
    (
        """CREATE TABLE api_keys (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            rate TEXT NOT NULL,
            budget_micros INTEGER,
            budget_period TEXT,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER,
            revoked_ms INTEGER,
            hash TEXT NOT NULL,
            previous_hash TEXT NOT NULL,
            previous_until_ms INTEGER
        )""",
    ),
    (
        "ALTER TABLE generations ADD COLUMN owner TEXT",
        "CREATE INDEX owned ON generations (owner, state, created_ms DESC, id DESC) "
        "WHERE owner IS NOT NULL",
        f"UPDATE generations SET owner = {_OWNER_IN_DOCUMENT} WHERE {_OWNER_IN_DOCUMENT} > ''",  # noqa: S608 - reason: constants only
    ),
    (
        """CREATE TABLE spending (
            account TEXT NOT NULL,
            window TEXT NOT NULL,
            micros INTEGER NOT NULL,
            pictures INTEGER NOT NULL,
            pictures_of_unknown_cost INTEGER NOT NULL,
            PRIMARY KEY (account, window)
        ) WITHOUT ROWID""",
    ),
    (
        # The operations of the ledger, in the order of time. A table with row ids, because the
        # oldest ones are deleted.
        "CREATE TABLE operations (id BLOB NOT NULL UNIQUE, seconds INTEGER NOT NULL)",
    ),
    (
        # What shared caches must not serve, by the time of its removal.
        "CREATE INDEX removals ON generations (lease_ms) WHERE state IN ('deleted', 'replaced')",
    ),
    (
        # Earlier versions counted for everyone and for owners only, by triggers of the same names.
        "DROP TRIGGER IF EXISTS listed",
        "DROP TRIGGER IF EXISTS relisted",
        "DROP TRIGGER IF EXISTS unlisted",
        "DROP TABLE IF EXISTS ranks",
        "ALTER TABLE generations ADD COLUMN lists TEXT",
        # Those that the record was in before lists could be narrowed; see lists.py.
        """UPDATE generations SET lists = CASE WHEN owner IS NULL THEN '[""]'
            ELSE json_array('', owner) END WHERE state = 'ready'""",
        # The number of listed rows in each bucket of time; see list_counters.py.
        """CREATE TABLE ranks (
            list TEXT NOT NULL, shift INTEGER NOT NULL, bucket INTEGER NOT NULL,
            n INTEGER NOT NULL, PRIMARY KEY (list, shift, bucket)
        ) WITHOUT ROWID""",
        f"INSERT INTO ranks {RECOUNTED}",
        # Texts in scripts without spaces were words of one and two characters before.
        """UPDATE generations SET document = folded_again(document)
            WHERE state = 'ready' AND folded_again(document) <> document""",
        # The terms of listed rows, at a place in the order of time; see full_text.py.
        "DROP TABLE words",
        "CREATE VIRTUAL TABLE index_terms USING fts5 (terms, id UNINDEXED, words UNINDEXED, "
        """detail = none, columnsize = 0, tokenize = "ascii tokenchars '_'")""",
        "CREATE INDEX trash ON generations (lease_ms) WHERE state = 'trashed'",
        LISTED_TRIGGER,
        RELISTED_TRIGGER,
        UNLISTED_TRIGGER,
    ),
    (
        """CREATE TABLE open_reservations (
            attempt TEXT PRIMARY KEY NOT NULL,
            image_id TEXT NOT NULL,
            account TEXT NOT NULL,
            micros INTEGER NOT NULL,
            at_ms INTEGER NOT NULL
        )""",
        "CREATE INDEX open_reservations_by_time ON open_reservations (at_ms)",
    ),
    (
        """CREATE TABLE recent_requests (
            digest TEXT PRIMARY KEY NOT NULL,
            key TEXT NOT NULL,
            until_ms INTEGER NOT NULL
        )""",
        "CREATE INDEX recent_requests_by_time ON recent_requests (until_ms)",
    ),
    (),  # indexed all terms, as the next step does
    (
        # Lists by verdict came later than the other lists.
        "DROP TRIGGER relisted",
        "UPDATE generations SET lists = lists_of(state, owner, document) WHERE lists IS NOT NULL",
        RELISTED_TRIGGER,
        "DELETE FROM ranks",
        f"INSERT INTO ranks {RECOUNTED}",
        "DELETE FROM index_terms",
        """INSERT INTO index_terms (rowid, terms, id, words)
            SELECT place, terms_of(id, state, owner, document), id, words_of(document)
            FROM generations WHERE place IS NOT NULL ORDER BY place""",
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Migrate the file to the newest version, in one transaction.

    Several processes may do so at the same time.
    """
    for name, function in migration.FUNCTIONS.items():
        connection.create_function(name, -1, function, deterministic=True)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for statement in (line for step in _STEPS[version:] for line in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(version, len(_STEPS))}")
