"""GET and HEAD /images/<filename> with parameters."""

import re
import uuid

import pytest

from tests.support.builders import SMALLEST_PNG
from tests.support.http.variant_requests import (
    CountingImaging,
    decode_image,
    error_of,
    store_image,
)
from tests.support.service import Parts, Service


def test_all_formats_and_sizes_are_free(real: Service, parts: Parts) -> None:
    """Variants of all formats and sizes need one charged image, and no records."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.mongo.refuse()
    for name, mode in (("png", "RGBA"), ("webp", "RGBA"), ("avif", "RGBA"), ("jpeg", "RGB")):
        for width, height in ((512, 512), (300, 100), (32, 64)):
            response = real.get(f"{path}?w={width}&h={height}&format={name}")
            image = decode_image(response)
            assert (image.format, image.mode) == (name.upper(), mode)
            assert image.size == (width, height)
    assert decode_image(real.get(f"{path}?w=100&dpr=1.5&filter=sepia&rotate=90")).size == (150, 150)
    assert decode_image(real.get(f"{path}?holes=cut&shadow=2,4,6&outline=3,%23ff0000")).size == (
        256,
        256,
    )
    parts.mongo.pass_through()
    assert parts.fake.paid == 1


def test_an_icon_has_three_sizes(service: Service) -> None:
    """`format=ico` is free of the original, has its own name, and takes effects."""
    path = store_image(service)
    service.ports.store.delete(f"originals/{path[8:-4]}.png")
    response = service.get(f"{path}?format=ico")
    icon = decode_image(response)
    assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    assert response.headers["Content-Disposition"] == f'inline; filename="{path[8:-4]}.ico"'
    assert service.get(f"{path}?format=ico&quality=9").headers["ETag"] == response.headers["ETag"]
    assert icon.getpixel((0, 0)) == (0, 0, 0, 0)
    red = decode_image(service.get(f"{path}?format=ico&background=f00&padding=60"))
    assert red.getpixel((0, 0)) == (255, 0, 0, 255)


def test_headers_match_those_of_the_image(service: Service) -> None:
    """A variant can be cached for a year and has its own ETag, the image's date and ranges."""
    path = store_image(service)
    plain, variant = service.get(path), service.get(f"{path}?w=64&format=webp")
    assert variant.headers["ETag"].startswith(plain.headers["ETag"][:-1] + "-")
    assert variant.headers["Last-Modified"] == plain.headers["Last-Modified"]
    names = {"Cache-Control", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"}
    for name in (*names, "Accept-Ranges", "Access-Control-Allow-Origin"):
        assert variant.headers[name] == plain.headers[name]
    assert "Vary" not in variant.headers
    part = service.get(f"{path}?w=64&format=webp", headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, variant.content[4:10])
    assert part.headers["ETag"] == variant.headers["ETag"]


def test_head_is_get_without_the_body(service: Service) -> None:
    """HEAD of a variant has the headers of GET, with the length, and no body."""
    path = f"{store_image(service)}?w=64&format=avif"
    head, get = service.call("HEAD", path), service.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("accept", "image_format"),
    [
        ("image/avif,image/webp,*/*;q=0.8", "avif"),
        ("image/avif;q=0.2,image/webp", "webp"),
        ("*/*", "png"),
        ("", "png"),
    ],
)
def test_auto_follows_the_accept_header(embedded: Service, accept: str, image_format: str) -> None:
    """`format=auto` gives the best accepted format, with its ETag and `Vary: Accept`."""
    path = store_image(embedded)
    for method in ("GET", "HEAD"):
        response = embedded.call(method, f"{path}?w=64&format=auto", headers={"Accept": accept})
        assert response.headers["Content-Type"] == f"image/{image_format}"
        assert response.headers["Vary"] == "Accept"
        fixed = embedded.call(
            method, f"{path}?w=64&format={image_format}", headers={"Accept": "image/webp"}
        )
        assert response.headers["ETag"] == fixed.headers["ETag"]
        assert "Vary" not in fixed.headers
    ranged = embedded.get(
        f"{path}?w=64&format=auto", headers={"Accept": accept, "Range": "bytes=0-3"}
    )
    assert (ranged.status_code, ranged.headers["Vary"]) == (206, "Accept")


@pytest.mark.parametrize(
    "query",
    [
        "w=64&w=65",
        "W=65",
        "w=64;h=65",
        "w%3D64=65",
        "w[]=65",
        "w=64&%20w=65",
        "w=64&w%00=65",
        "w=64%26format=webp",
        "format=png%0d%0aX-Evil:1",
        "filter=sepia%26w=9",
    ],
)
def test_ambiguous_parameters_are_rejected(
    service_with_fake: Service, imaging: CountingImaging, query: str
) -> None:
    """Queries that a cache might interpret differently are 400, and nothing is computed."""
    path = store_image(service_with_fake)
    for method in ("GET", "HEAD"):
        response = service_with_fake.call(method, f"{path}?{query}")
        assert response.status_code == 400
        assert "X-Evil" not in response.headers
    assert error_of(service_with_fake.get(f"{path}?{query}")) == (400, "invalid_request")
    assert imaging.computed == []


def test_errors_name_the_parameters(embedded: Service) -> None:
    """400 names each parameter and its range, also for an absent image."""
    response = embedded.get(f"/images/{uuid.uuid4()}.png?w=9999&brightness=nan")
    assert error_of(response) == (400, "invalid_request")
    assert response.json()["errors"] == [
        {"field": "w", "message": "Must be a whole number from 1 to 2048."},
        {"field": "brightness", "message": "Must be a number from 0 to 4."},
    ]


def test_missing_original_is_reported(embedded: Service) -> None:
    """Without the original, small variants work and large ones are 404 `original_missing`."""
    path = store_image(embedded)
    embedded.ports.store.delete(f"originals/{path[8:-4]}.png")
    assert decode_image(embedded.get(f"{path}?w=64")).size == (64, 64)
    assert error_of(embedded.get(f"{path}?w=512")) == (404, "original_missing")


def test_damaged_image_is_reported_and_logged(embedded: Service) -> None:
    """A stored image that can't be decoded gives 500 `image_damaged` and a log line with the id."""
    image_id = str(uuid.uuid4())
    embedded.ports.store.put(f"images/{image_id}.png", SMALLEST_PNG, content_type="image/png")
    assert error_of(embedded.get(f"/images/{image_id}.png?w=64")) == (500, "image_damaged")
    assert f"image_damaged: {image_id}" in embedded.log.getvalue()
    assert "Traceback" not in embedded.log.getvalue()


def test_openapi_describes_each_parameter(embedded: Service) -> None:
    """/openapi.json has every parameter with range and default, and all responses."""
    operation = embedded.get("/openapi.json").json()["paths"]["/images/{filename}"]["get"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}
    names = "w h fit dpr format quality background padding brightness contrast saturation hue gamma"
    more = "sharpness recolor filter rotate flip outline shadow holes cutout_shadow expires sig"
    assert set(schemas) == {"filename", "scale_from", *names.split(), *more.split()}
    assert all(
        parameter["description"]
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    )
    w, gamma = schemas["w"], schemas["gamma"]
    assert (w["type"], w["minimum"], w["maximum"], "default" in w) == ("integer", 1, 2048, False)
    assert (gamma["minimum"], gamma["maximum"], gamma["default"]) == (0.1, 4, 1)
    assert schemas["fit"]["enum"] == ["contain", "cover", "fill"]
    assert schemas["filter"]["type"] == "array"
    assert re.fullmatch(schemas["holes"]["pattern"], "keep:2,5;cut:1")
    assert schemas["holes"]["examples"] == ["keep", "keep:2,5", "keep:2;cut:1"]
    subtypes = ("png", "webp", "avif", "jpeg", "vnd.microsoft.icon", "svg+xml")
    types = {f"image/{name}" for name in subtypes}
    assert set(operation["responses"]["200"]["content"]) == types
    codes = {
        code
        for status in ("400", "403", "404", "500", "503")
        for code in operation["responses"][status]["content"]["application/json"]["examples"]
    }
    assert {"signature_required", "signature_invalid", "signature_expired", "busy"} <= codes
    assert {"invalid_request", "image_not_found", "original_missing", "image_damaged"} <= codes
