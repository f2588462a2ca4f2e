"""Pages for browsers at addresses that are JSON for other clients."""

import pytest

from tests.support.service import Service

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}
ABSENT = "/images/00000000-0000-4000-8000-000000000000.png"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER["Accept"], True),
        ("text/html", True),
        ("text/html;q=0.5, application/json", False),
        ("*/*", False),
        ("text/*", False),
        ("image/avif,image/webp,*/*;q=0.8", False),
        ("application/json", False),
        ("", False),
        ("text/html;q=0", False),
    ],
)
def test_browsers_get_pages_and_programs_json(
    shared_embedded: Service, accept: str, html: bool
) -> None:
    """The usage report and missing addresses are pages only for those that prefer HTML."""
    for path, status in (("/usage", 200), ("/nowhere", 404), (f"{ABSENT}/metadata", 404)):
        response = shared_embedded.get(path, headers={"Accept": accept})
        assert response.status_code == status
        assert ("<!doctype html>" in response.text) is html, path
        expected = "text/html; charset=utf-8" if html else "application/json"
        assert response.headers["Content-Type"] == expected
        assert ("script-src 'self'" in response.headers["Content-Security-Policy"]) is html
        if path == "/usage":
            assert "Accept" in response.headers["Vary"]
        else:
            assert response.headers["Cache-Control"] == "no-store"


def test_missing_images_have_their_own_page(shared_embedded: Service) -> None:
    """The page says what is missing; images in pages, and other methods, get JSON."""
    page = shared_embedded.get(ABSENT, headers=BROWSER)
    assert (page.status_code, "Image not found" in page.text) == (404, True)
    assert page.headers["X-Request-ID"]
    other = shared_embedded.get("/nowhere", headers=BROWSER)
    assert "There is nothing at this address" in other.text
    deleted = shared_embedded.call("DELETE", ABSENT, headers=BROWSER)
    assert deleted.json()["code"] == "image_not_found"
    assert shared_embedded.get("/v1/nowhere", headers=BROWSER).json()["error"]["code"]


def test_pages_name_all_modules_that_they_load(shared_embedded: Service) -> None:
    """No import is found late: each module is preloaded, and each preloaded one is imported."""
    for path in ("/", "/gallery", "/usage"):
        page = shared_embedded.get(path, headers=BROWSER).text
        preloads = [part.split('"')[0] for part in page.split('rel="modulepreload" href="')[1:]]
        texts = {link.rpartition("/")[2]: shared_embedded.get(link).text for link in preloads}
        assert len(texts) == len(preloads) > 4
        entry = page.split('type="module" src="')[1].split('"')[0].rpartition("/")[2]
        imported = {line.split('"./')[1].split('"')[0] for line in _imports(texts.values())}
        assert imported | {entry} == set(texts), path


def _imports(texts: object) -> list[str]:
    lines = [line for text in texts for line in text.splitlines()]  # type: ignore[attr-defined]  # reason: the values of a dictionary
    return [line for line in lines if line.startswith(("import ", "export ")) and ' "./' in line]
