"""Files made from images, other than variants."""
