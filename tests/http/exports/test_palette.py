"""GET and HEAD /images/<filename>/palette."""

import uuid
from pathlib import Path

import pytest

from app.blueprints.schemas.exports import PaletteResponse
from tests.support.http.variant_requests import error_of, store_image
from tests.support.images.sample_images import INK
from tests.support.service import Parts, Service, serving, settings_for


def test_palette_is_free_and_cacheable(service: Service) -> None:
    """The main colors come without records or original, with the headers of a variant."""
    path = store_image(service)
    service.ports.store.delete(f"originals/{path[8:-4]}.png")
    response = service.get(f"{path}/palette", headers={"Accept-Encoding": "gzip, br"})
    body = PaletteResponse.model_validate_json(response.content, strict=True)
    assert body.model_dump() == response.json()
    assert body.colors[0].color == "#" + bytes(INK).hex()
    assert sum(color.share for color in body.colors) == pytest.approx(1, abs=0.001)
    variant = service.get(f"{path}?w=64")
    for name in ("Cache-Control", "Last-Modified", "Access-Control-Allow-Origin", "Accept-Ranges"):
        assert response.headers[name] == variant.headers[name]
    assert response.headers["Content-Type"] == "application/json"
    head = service.call("HEAD", f"{path}/palette")
    assert (head.content, head.headers["ETag"]) == (b"", response.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(response.content))


def test_conditional_request_reads_nothing(service: Service) -> None:
    """The ETag gives 304 for an image that was never computed, whatever encodings are accepted."""
    tag = service.get(f"{store_image(service)}/palette").headers["ETag"]
    absent = str(uuid.uuid4())
    response = service.get(
        f"/images/{absent}.png/palette",
        headers={"If-None-Match": f'"{absent}{tag[37:]}', "Accept-Encoding": "gzip"},
    )
    assert (response.status_code, response.content) == (304, b"")


def test_errors_are_those_of_variants(service: Service) -> None:
    """A missing image is 404, an unknown parameter 400, and a deleted image has no palette."""
    path = store_image(service)
    missing = f"/images/{uuid.uuid4()}.png/palette"
    assert error_of(service.get(missing)) == (404, "image_not_found")
    assert error_of(service.get(f"{path}/palette?w=64")) == (400, "invalid_request")
    created = f"/images/{service.generate().json()['filename']}"
    assert service.get(f"{created}/palette").status_code == 200
    assert service.call("DELETE", created).status_code == 204
    assert error_of(service.get(f"{created}/palette")) == (404, "image_not_found")


def test_replaced_image_redirects_to_the_other_palette(service: Service) -> None:
    """The palette of a replaced image is at the replacement's address."""
    name = service.generate().json()["filename"]
    body = {"tolerance": 20, "replace": True}
    other = service.call("POST", f"/images/{name}/cutouts", json=body).json()["filename"]
    response = service.get(f"/images/{name}/palette", allow_redirects=False)
    assert response.status_code == 308
    assert response.headers["Location"].endswith(f"/images/{other}/palette")


def test_new_palettes_count_as_variants(tmp_path: Path) -> None:
    """Each that is computed counts against RATE_LIMIT_VARIANTS; cached ones don't."""
    with serving(settings_for(data_dir=tmp_path, rate_limit_variants="1/hour")) as service:
        first, second = store_image(service), store_image(service)
        assert [service.get(f"{first}/palette").status_code for _ in range(3)] == [200] * 3
        assert error_of(service.get(f"{second}/palette")) == (429, "rate_limited")


def test_private_images_have_private_palettes(tmp_path: Path) -> None:
    """With PUBLIC_IMAGES=false only the owner gets the palette, and only its cache keeps it."""
    settings = settings_for(data_dir=tmp_path, auth_required=True, public_images=False)
    with serving(settings) as service:
        run = service.app.test_cli_runner().invoke
        keys = [
            {"X-API-Key": run(args=["keys", "create", name]).stdout.strip()}
            for name in ("one", "two")
        ]
        body = {"prompt": "a fox"}
        made = service.call("POST", "/generate-image", json=body, headers=keys[0]).json()
        path = f"/images/{made['filename']}/palette"
        own = service.get(path, headers=keys[0])
        assert own.headers["Cache-Control"].startswith("private, ")
        assert "X-API-Key" in own.headers["Vary"]
        assert error_of(service.get(path, headers=keys[1])) == (404, "image_not_found")
        assert error_of(service.get(path)) == (401, "unauthorized")


def test_signed_palettes(tmp_path: Path) -> None:
    """With VARIANT_SIGNING_KEYS, `flask images sign` makes the address that is served."""
    with serving(settings_for(data_dir=tmp_path, variant_signing_keys="k" * 32)) as service:
        path, other = store_image(service), store_image(service)
        run = service.app.test_cli_runner().invoke
        signed = run(args=["images", "sign", f"{path[8:]}/palette"]).stdout.strip()
        assert signed.startswith(f"{path}/palette?expires=")
        assert service.get(signed).status_code == 200
        assert error_of(service.get(f"{path}/palette")) == (403, "signature_required")
        for wrong in (signed.replace(path, other), signed.replace("/palette", "") + "&w=64"):
            assert error_of(service.get(wrong)) == (403, "signature_invalid")
        unknown = run(args=["images", "sign", f"{path[8:]}/colors"])
        assert (unknown.exit_code, "/palette" in unknown.stderr) == (2, True)


def test_palette_comes_from_redis(real: Service, parts: Parts) -> None:
    """Another process serves the palette from Redis, while S3 is down."""
    path = store_image(real)
    first = real.get(f"{path}/palette")
    parts.s3.refuse()
    with serving(settings_for(data_dir=real.data_dir, **parts.settings)) as other:
        response = other.get(f"{path}/palette")
    assert (response.content, response.headers["ETag"]) == (first.content, first.headers["ETag"])
