"""Promises of the parts that stand outside the service."""
