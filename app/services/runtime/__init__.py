"""Lazy clients, throttling and the clock."""
