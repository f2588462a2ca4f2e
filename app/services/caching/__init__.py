"""Caches in memory and in Redis."""
