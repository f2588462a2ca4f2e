"""POST /images, on embedded and on real parts."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from app.models import object_keys
from tests.support.fake_openai import FakeOpenAI
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.images.sample_images import encoded, owl, pixels
from tests.support.images.xmp_readers import read_properties
from tests.support.service import Service, serving, settings_for

PNG = encoded(owl())
MASK = encoded(Image.new("L", (64, 64), 0))


def upload(service: Service, data: bytes = PNG, **fields: Any) -> requests.Response:
    """Send a file in a form."""
    return service.call("POST", "/images", files={"file": ("fox.png", data)}, data=fields)


def test_upload_is_stored_like_a_generated_image(service: Service, fake_openai: FakeOpenAI) -> None:
    """It is 201, listed, found, described, served and deleted; the original is kept as sent."""
    response = upload(service, prompt=" A blue owl ", holes="keep")
    body = response.json()
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == body["url"]
    assert (body["prompt"], body["first_prompt"], body["new_prompt"]) == (
        "A blue owl",
        " A blue owl ",
        "",
    )
    assert (body["provider"], body["model"], body["charged"], body["cost_usd"]) == (
        "upload",
        "",
        "no",
        0.0,
    )
    assert body["cutout_options"] == {"holes": "keep"}
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert (body["original"]["sha256"], body["original"]["content_credentials"]) == (sha256, False)
    stored_key = object_keys.original_key(body["filename"][:-4], "png")
    assert service.ports.store.get(stored_key).data == PNG
    path = f"/images/{body['filename']}"
    assert service.get(f"{path}/metadata").json() == body
    assert service.images() == [{k: v for k, v in body.items() if k != "status"}]
    assert service.get("/images?q=owl").json()["total_images"] == 1
    assert service.get(f"{path}?w=400").status_code == 200
    assert pixels(service.get(path).content)[0, 0, 3] == 0
    again = upload(service, prompt="Something else")
    assert (again.status_code, again.json()) == (200, body)
    assert fake_openai.paid == 0
    assert [(day["images"], day["cost_usd"]) for day in service.usage()["days"]] == [(1, 0)]
    assert service.call("DELETE", path).status_code == 204
    assert service.get(path).status_code == 404
    other = upload(service, prompt="A red owl").json()
    assert (other["prompt"], other["filename"] == body["filename"]) == ("A red owl", False)
    assert service.get(path).status_code == 404
    assert service.get(f"/images/{other['filename']}").status_code == 200


def test_concurrent_uploads_of_a_file_make_one_image(service: Service) -> None:
    """One of them is 201, all others 200, with the same body."""
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: upload(service), range(8)))
    assert sorted(response.status_code for response in responses) == [200] * 7 + [201]
    assert len({response.text for response in responses}) == 1
    assert [record.provider for record in service.ports.records.scan(limit=10)] == ["upload"]


def test_options_and_orientation(embedded: Service) -> None:
    """A mask erases, and a photo is turned upright."""
    masked = embedded.call("POST", "/images", files={"file": ("a", PNG), "mask": ("m", MASK)})
    assert masked.json()["cutout_options"] == {"mask": True}
    assert pixels(embedded.get(f"/images/{masked.json()['filename']}").content)[..., 3].max() == 0
    exif = Image.Exif()
    exif[274] = 6  # turned by a quarter
    photo = upload(embedded, encoded(owl(300, 200), "JPEG", exif=exif)).json()
    assert (photo["original"]["format"], photo["original"]["width"]) == ("jpeg", 300)
    cutout = pixels(embedded.get(f"/images/{photo['filename']}").content)
    plain = upload(embedded, encoded(owl(300, 200), "JPEG")).json()
    upright = pixels(embedded.get(f"/images/{plain['filename']}").content)
    turned, unturned = (
        np.abs(cutout - reference).mean() for reference in (np.rot90(upright, -1), upright)
    )
    assert turned < unturned / 3


def test_upload_is_never_marked_as_ai(embedded: Service) -> None:
    """Its file has neither the source type of a model nor of rules, and names no prompt."""
    name = upload(embedded).json()["filename"]
    properties = read_properties(embedded.get(f"/images/{name}").content)
    assert "Iptc4xmpExt:DigitalSourceType" not in properties
    assert properties["dc:identifier"] == name[:-4]


def test_quota(tmp_path: Path) -> None:
    """New files count once a day, repeats don't; above the quota it is 429 until midnight."""
    settings = settings_for(data_dir=tmp_path, upload_quota_images=2, upload_quota_mb=1)
    with serving(settings) as service:
        first = upload(service).json()
        assert upload(service).status_code == 200
        assert service.call("DELETE", f"/images/{first['filename']}").status_code == 204
        assert upload(service).status_code == 201  # the same file, on the same day
        large = PNG + bytes(1024 * 1024 - len(PNG))
        refused = upload(service, large)
        assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota_exceeded")
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        assert "1 MiB" in refused.json()["message"]
        assert upload(service, PNG + b"2").status_code == 201  # the refused one doesn't count
        refused = upload(service, PNG + b"3")
        assert (refused.status_code, "2 images" in refused.json()["message"]) == (429, True)
        assert upload(service, PNG + b"2").status_code == 200


def test_file_of_two_callers_is_two_images(embedded_auth_service: AuthenticatedService) -> None:
    """Each has an image of their own, and neither sees the other's."""
    service = embedded_auth_service
    names = []
    for caller in ("ann", "bob"):
        key = service.create_key(caller)
        response = service.call("POST", "/images", key, files={"file": ("a", PNG)})
        assert response.status_code == 201
        names.append(response.json()["filename"])
        listed = service.get("/images", key).json()["images"]
        assert [image["filename"] for image in listed] == names[-1:]
    assert names[0] != names[1]
    response = service.get(f"/images/{names[0]}/metadata", key)
    assert response.status_code == 404
    assert service.call("POST", "/images", files={"file": ("a", PNG)}).status_code == 401


def test_page_of_another_origin_uploads(embedded: Service) -> None:
    """The preflight of a body and of a key is answered, and the response can be read."""
    headers = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    preflight = embedded.call("OPTIONS", "/images", headers=headers)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"]
    response = embedded.call(
        "POST", "/images", files={"file": io.BytesIO(PNG)}, headers={"Origin": headers["Origin"]}
    )
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (201, "*")
