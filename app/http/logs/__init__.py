"""Log configuration, access log and request ids."""
