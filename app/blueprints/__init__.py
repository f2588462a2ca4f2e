"""Views: they map requests to use cases, and results to responses."""
