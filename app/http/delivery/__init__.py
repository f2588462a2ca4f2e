"""Static files and compressed responses."""
