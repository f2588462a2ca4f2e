"""Records, API keys and the ledger in MongoDB."""
