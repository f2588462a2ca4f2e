"""What gunicorn alone uses: the worker, graceful shutdown and process limits."""
