"""GET /images/<filename>/original."""

import hashlib

from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service


def test_the_original_is_what_was_stored(service: Service) -> None:
    """Byte for byte, for generated images and uploads, with type, name and condition."""
    upload = encoded(owl(), "JPEG")
    headers = {"Content-Type": "image/jpeg"}
    for made in (
        service.generate().json(),
        service.call("POST", "/images", data=upload, headers=headers).json(),
    ):
        path = f"/images/{made['filename']}/original"
        response = service.get(path)
        known = made["original"]
        assert response.status_code == 200, response.text
        assert hashlib.sha256(response.content).hexdigest() == known["sha256"]
        assert response.headers["Content-Type"] == f"image/{known['format']}"
        name = made["filename"].removesuffix(".png")
        assert (
            f'filename="{name}-original.{known["format"]}"'
            in response.headers["Content-Disposition"]
        )
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        again = service.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert response.content == upload


def test_a_missing_original_is_said(service: Service) -> None:
    """It is 404, apart from an image that doesn't exist."""
    name = service.generate().json()["filename"]
    service.ports.store.delete(f"originals/{name}")
    codes = [
        service.get(f"/images/{each}/original").json()["code"]
        for each in (name, "00000000-0000-4000-8000-000000000000.png")
    ]
    assert codes == ["original_missing", "image_not_found"]
