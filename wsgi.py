"""Entry point for WSGI servers: `gunicorn wsgi:app`, `flask run`."""

from app import create_app

app = create_app()
