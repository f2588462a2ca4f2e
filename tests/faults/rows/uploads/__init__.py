"""Faults of uploads."""
