"""What every answer tells browsers not to do with it.

Nothing about HTTPS: whether callers may only come by that is for the proxy that ends TLS to say.
"""

from flask import Flask, Response

from app.http.cors import HeaderList

NOSNIFF = ("X-Content-Type-Options", "nosniff")
_POLICY = "Content-Security-Policy"
_DATA = (_POLICY, "default-src 'none'; frame-ancestors 'none'")

IMAGE: HeaderList = (NOSNIFF, (_POLICY, "default-src 'none'; sandbox"))
"""Of images: should somebody get a browser to show one as a document, it can do nothing there."""

PAGE: HeaderList = (
    (
        _POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Of pages: only files of this service are loaded, and no other page frames or opens them."""


def register(app: Flask) -> None:
    """Give all answers of the app what data needs, where they don't say something of their own."""

    @app.after_request
    def add(answer: Response) -> Response:
        for name, value in (NOSNIFF, _DATA):
            answer.headers.setdefault(name, value)
        return answer
