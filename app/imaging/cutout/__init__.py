"""Remove the background of an image and report how well that went."""
