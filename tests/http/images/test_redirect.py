"""SERVE_MODE=redirect: images are served by the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.config import ConfigError, Settings
from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture
def redirecting(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on real parts, with redirects to the store."""
    settings = settings_for(data_dir=tmp_path, serve_mode="redirect", **parts.settings)
    with serving(settings) as service:
        yield service


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_redirect_leads_to_a_signed_url(redirecting: Service, method: str) -> None:
    """The redirect leads to a signed URL, which returns the image without other credentials."""
    path = f"/images/{redirecting.generate().json()['filename']}"
    response = redirecting.call(method, path, allow_redirects=False)
    assert (response.status_code, response.content) == (302, b"")
    assert response.headers["Cache-Control"] == "private, max-age=600"
    stored = redirecting.ports.store.get(path[1:])
    followed = requests.get(response.headers["Location"], timeout=60)
    assert (followed.content, followed.headers["Content-Type"]) == (stored.data, "image/png")
    unsigned = response.headers["Location"].partition("?")[0]
    assert requests.get(unsigned, timeout=60).status_code == 403


def test_addresses_with_parameters_are_not_redirected(redirecting: Service) -> None:
    """Variants, which the store lacks, are served, and so is the plain image if it has a query."""
    path = f"/images/{redirecting.generate().json()['filename']}"
    for query in ("w=64", "format=webp", "format=auto"):
        response = redirecting.get(f"{path}?{query}", allow_redirects=False)
        assert response.status_code == 200
    stored = redirecting.ports.store.get(path[1:])
    for query in ("w=256", "w=&format=png", "sig=x"):
        for headers in ({}, {"Range": "bytes=0-"}):  # by the middleware and by the view
            response = redirecting.get(f"{path}?{query}", allow_redirects=False, headers=headers)
            assert response.status_code == (206 if headers else 200)
            assert response.content == stored.data


def test_redirect_leads_to_the_public_url(parts: Parts, tmp_path: Path) -> None:
    """With S3_PUBLIC_URL the redirect leads there, unsigned, without a call to the store."""
    values = parts.settings | {"s3_public_url": "https://cdn.example.com/p"}
    settings = settings_for(data_dir=tmp_path, serve_mode="redirect", **values)
    parts.s3.refuse()
    name = "00000000-0000-4000-8000-000000000000.png"
    with serving(settings) as service:
        response = service.get(f"/images/{name}", allow_redirects=False)
    assert response.headers["Location"] == f"https://cdn.example.com/p/images/{name}"


def test_redirect_mode_requires_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without S3_BUCKET_NAME the settings are invalid."""
    monkeypatch.setenv("SERVE_MODE", "redirect")
    with pytest.raises(ConfigError, match="SERVE_MODE: redirect requires a bucket"):
        Settings.load()
