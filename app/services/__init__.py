"""Adapters: each module implements a port on one client. All I/O is here."""
