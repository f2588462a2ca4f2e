"""Cut the subject out of its background."""
