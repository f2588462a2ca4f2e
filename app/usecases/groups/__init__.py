"""Several candidates of one request."""
