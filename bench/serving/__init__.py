"""What a request for an image costs, beside bare Flask that returns the same bytes."""
