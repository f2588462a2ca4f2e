"""Views, which map requests to use cases and results to responses."""
