"""Logs, metrics and traces of generations and requests."""
