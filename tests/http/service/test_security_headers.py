"""Pages and images on hostile sites."""

import pytest

from tests.attacks import Observe, attack
from tests.support.service import Service

ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"
_DATA = "default-src 'none'; frame-ancestors 'none'"


def policy(response_headers: object) -> str:
    """Return the content security policy, after checking that sniffing is disabled."""
    headers = dict(response_headers)  # type: ignore[call-overload]  # reason: requests' own mapping
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
def test_data_responses_are_inert_in_a_browser(
    shared_embedded: Service, method: str, path: str
) -> None:
    """JSON and errors can't be sniffed or framed, and can't load anything."""
    assert policy(shared_embedded.call(method, path).headers) == _DATA


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/images"),
        ("GET", "/healthz"),
        ("OPTIONS", "/images"),
        ("GET", ABSENT.replace("/images/", "/images//")),
    ],
)
def test_responses_without_a_policy_are_not_cached_unasked(
    shared_embedded: Service, method: str, path: str
) -> None:
    """Pages, JSON and redirects have to be revalidated: no cache guesses how long they last."""
    response = shared_embedded.call(method, path, allow_redirects=False)
    assert response.status_code < 400
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/gallery", "/docs"])
@attack("Framing a page, or injecting a foreign script", expect="forbidden by the policy")
def test_pages_have_a_strict_policy(shared_embedded: Service, observe: Observe, path: str) -> None:
    """A page loads files of this service only, and can't be framed or opened by scripts."""
    headers = shared_embedded.get(path).headers
    rules = policy(headers).split("; ")
    strict = {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(rules)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    observe("forbidden by the policy" if strict else "allowed")


@pytest.mark.parametrize(
    ("query", "extension"), [("", "png"), ("?w=64&format=webp", "webp"), ("?format=jpeg", "jpeg")]
)
@attack("Opening an image as a document", expect="default-src 'none'; sandbox")
def test_images_are_sandboxed(
    shared: Service, observe: Observe, query: str, extension: str
) -> None:
    """Images and variants are sandboxed, displayed inline and have a file name."""
    filename = shared.generate().json()["filename"]
    name = filename.removesuffix(".png")
    for headers in ({}, {"Range": "bytes=0-9"}):
        response = shared.get(f"/images/{filename}{query}", headers=headers)
        assert response.ok
        assert response.headers["Content-Disposition"] == f'inline; filename="{name}.{extension}"'
        observe(policy(response.headers))


@attack("Reading the server software's version", expect="not revealed")
def test_server_software_is_not_revealed(shared_embedded: Service, observe: Observe) -> None:
    """The application sets neither Server nor X-Powered-By."""
    client = shared_embedded.app.test_client()
    for path in ("/", "/healthz", "/nowhere"):
        headers = client.get(path).headers
        revealing = {"Server", "X-Powered-By"} & set(headers.keys())
        observe("revealed" if revealing else "not revealed")
