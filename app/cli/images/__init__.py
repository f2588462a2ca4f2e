"""`flask images`: commands for images and maintenance."""
