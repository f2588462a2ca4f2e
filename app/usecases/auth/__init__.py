"""API keys: create, rotate, revoke and check them."""
