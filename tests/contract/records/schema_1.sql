PRAGMA journal_mode = WAL;
CREATE TABLE generations (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, created_ms INTEGER, document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX newest ON generations (state, created_ms DESC, id DESC);
CREATE TABLE tokens (
    token TEXT NOT NULL, id TEXT NOT NULL REFERENCES generations ON DELETE CASCADE,
    PRIMARY KEY (token, id)
) WITHOUT ROWID;
CREATE INDEX tokens_of ON tokens (id);
