"""Code that runs under gunicorn only: workers, graceful shutdown, process setup."""
