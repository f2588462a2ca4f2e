"""The views: which request goes to which use case, and how its result is answered."""
