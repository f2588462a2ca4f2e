"""Clients that send or read slowly."""
