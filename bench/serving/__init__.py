"""What a request for a picture costs, beside bare Flask that returns the same bytes."""
