"""GET and HEAD /images/<filename>?format=svg."""

from pathlib import Path

import pytest

from app.imaging.vector import svg as svg_module
from tests.support.http.variant_requests import error_of, store_image
from tests.support.service import Service, serving, settings_for


def test_svg_is_served_in_a_sandbox(service: Service) -> None:
    """It has the headers of a variant, its fidelity, and a policy that runs nothing."""
    path = store_image(service)
    response = service.get(f"{path}?format=svg", headers={"Origin": "https://example.com"})
    assert response.content.startswith(b"<svg ")
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == f'inline; filename="{path[8:-4]}.svg"'
    fidelity = response.headers["Image-Fidelity"]
    assert f'data-fidelity="{fidelity}"'.encode() in response.content
    assert "Image-Fidelity" in response.headers["Access-Control-Expose-Headers"]
    variant = service.get(f"{path}?w=64")
    for name in ("Cache-Control", "Last-Modified", "Accept-Ranges"):
        assert response.headers[name] == variant.headers[name]
    head = service.call("HEAD", f"{path}?format=svg")
    assert (head.content, head.headers["Image-Fidelity"]) == (b"", fidelity)
    tag = response.headers["ETag"]
    unchanged = service.get(f"{path}?format=svg", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    part = service.get(f"{path}?format=svg", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"<svg")
    assert "Image-Fidelity" not in variant.headers


def test_refusal_has_the_figure_and_advice(
    embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """422 `not_vectorizable` reports the fidelity, and other formats still work."""
    monkeypatch.setattr(svg_module, "MIN_FIDELITY", 90.0)
    path = store_image(embedded)
    response = embedded.get(f"{path}?format=svg")
    assert error_of(response) == (422, "not_vectorizable")
    body = response.json()
    assert 15 < body["fidelity"] < 90
    assert str(body["fidelity"]) in body["message"]
    assert "PNG" in body["message"]
    assert embedded.get(f"{path}?w=300").status_code == 200


def test_svg_needs_the_original_and_counts_as_a_variant(tmp_path: Path) -> None:
    """Without the original it is 404, and refused ones count against the limit too."""
    with serving(settings_for(data_dir=tmp_path, rate_limit_variants="2/hour")) as service:
        path, other = store_image(service), store_image(service)
        service.ports.store.delete(f"originals/{other[8:-4]}.png")
        assert service.get(f"{path}?format=svg").status_code == 200
        assert error_of(service.get(f"{other}?format=svg")) == (404, "original_missing")
        assert error_of(service.get(f"{path}?format=svg&w=64")) == (429, "rate_limited")
