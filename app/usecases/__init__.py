"""The application's logic: no I/O of its own, no framework, no SDK."""
