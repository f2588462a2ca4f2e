"""Rows of the fault matrix by topic."""
