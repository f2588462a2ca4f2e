"""Faults of calls by agents."""
