"""What the API does, in plain Python: no I/O of its own, no framework, no SDK."""
