"""Pages and images in hostile hands."""

import pytest

from tests.attacks import Seen, attack
from tests.support.service import Service

ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"
_DATA = "default-src 'none'; frame-ancestors 'none'"


def policy(answer_headers: object) -> str:
    """Return the policy of an answer, and whether sniffing is forbidden, for the page."""
    headers = dict(answer_headers)  # type: ignore[call-overload]  # reason: requests' own mapping
    assert headers["X-Content-Type-Options"] == "nosniff"
    return str(headers["Content-Security-Policy"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/openapi.json"),
        ("GET", "/images"),
        ("GET", "/nowhere"),
        ("GET", ABSENT),
        ("PATCH", "/images"),
        ("POST", "/generate-image"),
        ("OPTIONS", "/generate-image"),
    ],
)
def test_answers_that_are_data_can_do_nothing_in_a_browser(
    shared_embedded: Service, method: str, path: str
) -> None:
    """JSON and errors are never sniffed, framed, or allowed to load anything."""
    assert policy(shared_embedded.call(method, path).headers) == _DATA


@pytest.mark.parametrize("path", ["/", "/docs"])
@attack("A page is framed, or given a script of somebody else's", expect="forbidden by its policy")
def test_pages_are_strict(shared_embedded: Service, seen: Seen, path: str) -> None:
    """A page loads only what this service sends, and can't be framed or opened for a script."""
    headers = shared_embedded.get(path).headers
    rules = policy(headers).split("; ")
    strict = {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(rules)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    seen("forbidden by its policy" if strict else "allowed")


@pytest.mark.parametrize(
    ("query", "ending"), [("", "png"), ("?w=64&format=webp", "webp"), ("?format=jpeg", "jpeg")]
)
@attack("An image is opened as a document", expect="default-src 'none'; sandbox")
def test_images_are_sandboxed_and_named(
    shared: Service, seen: Seen, query: str, ending: str
) -> None:
    """An image and its variants are shown in place, under their own name, and run nothing."""
    filename = shared.generate().json()["filename"]
    name = filename.removesuffix(".png")
    for headers in ({}, {"Range": "bytes=0-9"}):
        answer = shared.get(f"/images/{filename}{query}", headers=headers)
        assert answer.ok
        assert answer.headers["Content-Disposition"] == f'inline; filename="{name}.{ending}"'
        seen(policy(answer.headers))


@attack("The software's version is asked for", expect="not told")
def test_no_answer_reports_a_version_of_what_the_service_is_built_with(
    shared_embedded: Service, seen: Seen
) -> None:
    """The application itself sets neither Server nor X-Powered-By."""
    client = shared_embedded.app.test_client()
    for path in ("/", "/healthz", "/nowhere"):
        headers = client.get(path).headers
        reported = {"Server", "X-Powered-By"} & set(headers.keys())
        seen("reported" if reported else "not told")
