"""Faults of requests that edit a stored image."""
