"""The tables of the SQLite records, and how older files get them."""

import sqlite3

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
        # A Julian day is counted in days from noon; Unix time began at 2440587.5.
        # What can't be read as a time stays 0, which is how such a row is read as well.
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
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest form, in one transaction; several processes may try at once."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for statement in (line for step in _STEPS[version:] for line in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(version, len(_STEPS))}")
