"""SERVE_MODE=redirect: the store sends the images, to whoever was sent there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.config import ConfigError, Settings
from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture
def redirecting(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on real parts, with images sent by the store."""
    settings = settings_for(data_dir=tmp_path, serve_mode="redirect", **parts.settings)
    with serving(settings) as service:
        yield service


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_callers_are_sent_to_a_signed_address(redirecting: Service, method: str) -> None:
    """Whoever follows the redirect gets the image from the store, without a key of its own."""
    path = f"/images/{redirecting.generate().json()['filename']}"
    answer = redirecting.call(method, path, allow_redirects=False)
    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["Cache-Control"] == "private, max-age=600"
    stored = redirecting.ports.store.get(path[1:])
    found = requests.get(answer.headers["Location"], timeout=10)
    assert (found.content, found.headers["Content-Type"]) == (stored.data, "image/png")
    unsigned = answer.headers["Location"].partition("?")[0]
    assert requests.get(unsigned, timeout=10).status_code == 403


def test_variants_are_always_served(redirecting: Service) -> None:
    """The store has no variants, so they come from here; every spelling of the image doesn't."""
    path = f"/images/{redirecting.generate().json()['filename']}"
    for query in ("w=64", "format=webp", "format=auto"):
        answer = redirecting.get(f"{path}?{query}", allow_redirects=False)
        assert answer.status_code == 200
    for query in ("w=256", "w=&format=png", "sig=x"):
        answer = redirecting.get(f"{path}?{query}", allow_redirects=False)
        assert answer.status_code == 302


def test_callers_are_sent_to_the_public_address(parts: Parts, tmp_path: Path) -> None:
    """With S3_PUBLIC_URL that address is told, unsigned, and the store isn't asked at all."""
    values = parts.settings | {"s3_public_url": "https://cdn.example.com/p"}
    settings = settings_for(data_dir=tmp_path, serve_mode="redirect", **values)
    parts.s3.refuse()
    name = "00000000-0000-4000-8000-000000000000.png"
    with serving(settings) as service:
        answer = service.get(f"/images/{name}", allow_redirects=False)
    assert answer.headers["Location"] == f"https://cdn.example.com/p/images/{name}"


def test_files_can_not_be_redirected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a bucket the settings are refused at the start."""
    monkeypatch.setenv("SERVE_MODE", "redirect")
    with pytest.raises(ConfigError, match="SERVE_MODE: redirect needs S3_BUCKET_NAME"):
        Settings.load()
