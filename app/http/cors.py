"""Which pages of other origins may call, and what they may send and read."""

from flask import Flask
from flask_cors import CORS

_SENT = ["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-ID"]
_READ = [
    "Accept-Ranges",
    "Allow",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Last-Modified",
    "Location",
    "Retry-After",
    "X-Request-ID",
]


def register(app: Flask, *, origins: list[str]) -> None:
    """Answer preflights, and add the CORS headers to all answers, errors included.

    Credentials (cookies) are never allowed: the service has none.
    """
    CORS(
        app,
        origins="*" if origins == ["*"] else origins,
        methods=["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
        allow_headers=_SENT,
        expose_headers=_READ,
        supports_credentials=False,
        send_wildcard=True,
        max_age=3600,
    )
