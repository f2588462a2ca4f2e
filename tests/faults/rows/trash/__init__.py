"""Faults of the trash."""
