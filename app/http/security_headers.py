"""Security headers for browsers, and the default for caches.

HTTP Strict Transport Security is left to the proxy that terminates TLS.
"""

from flask import Flask, Response

from app.http.cors import HeaderList

_POLICY = "Content-Security-Policy"

NOSNIFF = ("X-Content-Type-Options", "nosniff")

IMAGE_HEADERS: HeaderList = (NOSNIFF, (_POLICY, "default-src 'none'; sandbox"))
"""For images: a browser that opens one as a document runs it in a sandbox without resources."""

PAGE_HEADERS: HeaderList = (
    (
        _POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""For pages: they load only this service's files, and other sites can't frame or control them."""

DEFAULT_HEADERS: HeaderList = (
    NOSNIFF,
    (_POLICY, "default-src 'none'; frame-ancestors 'none'"),
)
"""For everything else."""

# Without a policy, caches may guess how long a response stays fresh (RFC 9111, section 4.2.2).
_REVALIDATE = ("Cache-Control", "no-cache")


def register(app: Flask) -> None:
    """Add the default headers to all responses that don't set their own."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in (*DEFAULT_HEADERS, _REVALIDATE):
            response.headers.setdefault(name, value)
        return response
