"""Code for gunicorn only: workers, graceful shutdown, process setup."""
