"""Records, API keys and the ledger in one SQLite file."""
