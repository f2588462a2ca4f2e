"""The time of list pages at a million records."""
