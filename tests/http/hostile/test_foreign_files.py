"""Hostile uploads."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service, serving, settings_for

PNG = encoded(owl(200, 200))
_SCRIPT = b"<script>alert(1)</script>"
_REFUSED = "400 invalid_request, nothing stored"
_FORBIDDEN = "403 forbidden"
_STORED = "stored under a name of its own"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bomb(side: int) -> bytes:
    """Return a PNG of a hundred kilobytes that states this size."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(bytes(20_000_000), 1))
    return PNG[:8] + header + pixels + _chunk(b"IEND", b"")


def _files(data: bytes, name: str = "a.png", kind: str = "image/png") -> dict[str, Any]:
    return {"files": {"file": (name, data, kind)}}


_TRIED: dict[str, tuple[dict[str, Any], str]] = {
    "A bomb of 60,000 x 60,000 pixels": (_files(_bomb(60_000)), _REFUSED),
    "A page named and declared as a PNG": (_files(b"<html>" + _SCRIPT), _REFUSED),
    "An SVG with a script": (_files(b"<svg xmlns='http://www.w3.org/2000/svg'>"), _REFUSED),
    "A file to fetch by URL": ({"data": {"url": "http://169.254.169.254/"}}, _REFUSED),
    "A local path as the file": ({"files": {"x": ("", b"")}, "data": {"file": "/etc/x"}}, _REFUSED),
    "The id of another image": (_files(PNG) | {"data": {"id": "0" * 32}}, _REFUSED),
    "A provider and a cost": (_files(PNG) | {"data": {"provider": "openai"}}, _REFUSED),
    "A file name with `../`": (_files(PNG, "../../../etc/cron.d/x"), _STORED),
    "A file name with a line feed": (_files(PNG, "a\r\nX-Evil: 1\r\n.png"), _STORED),
}


@pytest.fixture(scope="module")
def listed_origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve to pages of one origin."""
    folder = tmp_path_factory.mktemp("origins")
    origins = "https://app.example.com"
    with serving(settings_for(data_dir=folder, cors_origins=origins)) as service:
        yield service


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param(what, expected, marks=attack(what, expect=expected))
        for what, (_, expected) in _TRIED.items()
    ],
)
def test_hostile_forms(listed_origins: Service, observe: Observe, what: str, expected: str) -> None:
    """Neither names nor fields decide what is stored, and only images are."""
    service = listed_origins
    before = set(service.ports.store.keys(""))
    options = _TRIED[what][0]
    if "files" not in options:
        options = options | {"files": {"": ("", b"")}}
    response = service.call("POST", "/images", **options)
    new = set(service.ports.store.keys("")) - before
    if expected == _STORED:
        filename = response.json()["filename"]
        assert "evil" not in str(response.headers).lower()
        assert new <= {f"images/{filename}", *(k for k in new if filename[:-4] in k)}
        observe(_STORED if response.status_code in {200, 201} else response)
    else:
        code = response.json()["code"]
        observe(f"{response.status_code} {code}, {'nothing' if not new else 'something'} stored")


@attack("A script behind a valid PNG", expect="image/png without it")
def test_polyglot(listed_origins: Service, observe: Observe) -> None:
    """Only the cutout is served, which has no byte of the file but its pixels."""
    response = listed_origins.call("POST", "/images", **_files(PNG + _SCRIPT))
    path = f"/images/{response.json()['filename']}"
    served = [listed_origins.get(path + query) for query in ("", "?w=300")]
    kinds = {each.headers["Content-Type"] for each in served}
    found = any(b"alert(1)" in each.content for each in served)
    observe(f"{' '.join(kinds)} {'with' if found else 'without'} it")


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(origin, marks=attack(f"A form from the origin `{origin}`", expect=_FORBIDDEN))
        for origin in ("https://evil.example", "https://app.example.com.evil.example", "null")
    ],
)
def test_form_of_a_foreign_page(listed_origins: Service, observe: Observe, origin: str) -> None:
    """Browsers send forms without asking; those of pages that are not allowed are refused."""
    options = _files(PNG) | {"headers": {"Origin": origin}}
    observe(listed_origins.call("POST", "/images", **options))
    for own in ("https://app.example.com", listed_origins.url, "https" + listed_origins.url[4:]):
        options = _files(PNG) | {"headers": {"Origin": own}}
        assert listed_origins.call("POST", "/images", **options).status_code in {200, 201}


@attack("The bytes of another caller's image", expect="an image of their own")
def test_bytes_of_another_caller(
    embedded_auth_service: AuthenticatedService, observe: Observe
) -> None:
    """Who has the file learns nothing about other callers who sent it."""
    names = []
    for caller in ("ann", "bob"):
        key = embedded_auth_service.create_key(caller)
        response = embedded_auth_service.call("POST", "/images", key, **_files(PNG))
        assert response.status_code == 201
        names.append(response.json()["filename"])
    observe("an image of their own" if names[0] != names[1] else "the same image")


@attack("23 MB, and 22 MB in chunks", expect="413 request_too_large, nothing stored")
def test_large_bodies(listed_origins: Service, observe: Observe) -> None:
    """With and without a length, a body ends at its limit; no file is left."""
    data_dir = listed_origins.data_dir
    before = set(data_dir.rglob("*"))
    options = {"headers": {"Content-Type": "image/png"}}
    for body in (bytes(23_000_000), iter([bytes(1_000_000)] * 23)):
        response = listed_origins.call("POST", "/images", data=body, **options)
        assert response.status_code == 413
    left = set(data_dir.rglob("*")) - before
    kept = [path for path in left if not path.name.startswith("rec")]
    code = response.json()["code"]
    observe(f"{response.status_code} {code}, {kept or 'nothing'} stored")
