"""Rows about several candidates of one request."""
