"""Static files: versioned addresses, caching, and addresses of other versions."""

import re
from pathlib import Path

import pytest

from app import create_app
from tests.support.service import Service, settings_for

ENCODINGS = {"br": "br, gzip", "gzip": "gzip;q=1, br;q=0", "": "identity"}


def address_of(service: Service, name: str) -> str:
    """Return the address that a page uses for a file."""
    pages = service.get("/").text + service.get("/docs").text
    addresses: list[str] = re.findall(r'="(/static/[^"]+)"', pages)
    return next(address for address in addresses if name in address)


@pytest.mark.parametrize(
    "name",
    ["studio/create_page.js", "studio/base.css", "studio/icon.svg", "docs.js", "swagger-ui.css"],
)
def test_versioned_files_are_immutable(shared_embedded: Service, name: str) -> None:
    """Files that pages use have a digest in their address and are kept for a year."""
    address = address_of(shared_embedded, name)
    assert re.match(r"/static/v-[0-9a-f]{12}/", address)
    response = shared_embedded.get(address)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Request-ID"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_modules_import_each_other_under_the_same_version(shared_embedded: Service) -> None:
    """Every relative import of the studio leads to a file that is immutable too."""
    pending, seen = [address_of(shared_embedded, "studio/create_page.js")], set()
    while pending:
        address = pending.pop()
        if address in seen:
            continue
        seen.add(address)
        response = shared_embedded.get(address)
        assert response.headers["Content-Type"].endswith("javascript; charset=utf-8")
        assert "immutable" in response.headers["Cache-Control"]
        folder = address.rpartition("/")[0]
        imported = re.findall(r'^(?:import|export)\b.*"\./([^"]+)"', response.text, re.M)
        pending += [f"{folder}/{name}" for name in imported]
    assert len(seen) > 10


@pytest.mark.parametrize("path", ["studio/create_page.js", "v-0123456789ab/studio/create_page.js"])
def test_other_addresses_are_revalidated(shared_embedded: Service, path: str) -> None:
    """Plain names and those of another version return today's file, which no cache may keep."""
    current = shared_embedded.get(address_of(shared_embedded, "studio/create_page.js"))
    other = shared_embedded.get(f"/static/{path}")
    assert other.headers["Cache-Control"] == "no-cache"
    assert other.content == current.content
    known = {"If-None-Match": other.headers["ETag"]}
    assert shared_embedded.get(f"/static/{path}", headers=known).status_code == 304


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_one_etag_is_valid_for_all_encodings(shared_embedded: Service, encoding: str) -> None:
    """A client that knows a file gets 304, whatever encoding it has and accepts."""
    address = address_of(shared_embedded, "studio/base.css")
    accepted = {"Accept-Encoding": ENCODINGS[encoding]}
    response = shared_embedded.get(address, headers=accepted)
    assert response.headers.get("Content-Encoding", "") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    etag = response.headers["ETag"]
    assert etag.startswith('W/"')
    for other in ENCODINGS.values():
        known = {"If-None-Match": etag, "Accept-Encoding": other}
        again = shared_embedded.get(address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
        assert again.headers["Vary"] == "Accept-Encoding"
        assert "immutable" in again.headers["Cache-Control"]


def test_ranges_are_parts_of_the_uncompressed_file(shared_embedded: Service) -> None:
    """A range is sent as it is, whatever the client accepts."""
    address = address_of(shared_embedded, "studio/base.css")
    whole = shared_embedded.get(address).content
    part = shared_embedded.get(address, headers={"Range": "bytes=5-5", "Accept-Encoding": "br"})
    assert (part.status_code, part.content) == (206, whole[5:6])
    assert part.headers["Content-Range"] == f"bytes 5-5/{len(whole)}"
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize("path", ["", "studio", "studio/", "nothing.js", "swagger-ui/../base.css"])
def test_missing_files_are_json_404(shared_embedded: Service, path: str) -> None:
    """Folders and unknown names are not found."""
    response = shared_embedded.get(f"/static/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_debug_mode_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In debug mode files may change while the server runs, so clients revalidate them."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    client = create_app(settings_for(data_dir=tmp_path)).test_client()
    (address,) = re.findall(r'src="([^"]+/create_page.js)"', client.get("/").text)
    response = client.get(address)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")
