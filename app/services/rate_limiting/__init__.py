"""Rate limits in a moving window."""
