"""Code for gunicorn only: workers, shutdown, process setup."""
