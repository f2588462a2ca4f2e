"""Requests that carry a file, which is received on disk."""
