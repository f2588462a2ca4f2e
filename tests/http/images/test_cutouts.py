"""POST /images/<filename>/cutouts, on embedded and on real parts."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image

from app.models import Scope
from tests.support.builders import SMALLEST_PNG
from tests.support.fake_openai import FakeOpenAI
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.images.sample_images import encoded, pixels
from tests.support.images.xmp_readers import read_properties
from tests.support.service import Parts, Service

ABSENT = "00000000-0000-4000-8000-000000000000.png"


def cut(service: Service, name: str, **body: Any) -> requests.Response:
    """Request another cutout of an image."""
    return service.call("POST", f"/images/{name}/cutouts", json=body)


def mask(level: int, side: int = 64) -> str:
    """Return a mask of one level, in base64."""
    return base64.b64encode(encoded(Image.new("L", (side, side), level))).decode()


def listed(service: Service) -> list[str]:
    """Return the file names of the list, newest first."""
    return [image["filename"] for image in service.images()]


def test_cutout_is_a_free_image_of_its_own(service: Service, fake_openai: FakeOpenAI) -> None:
    """It is 201 with the parent, 200 when repeated, and each has its URL, metadata and objects."""
    parent = service.generate().json()
    paid = fake_openai.paid
    usage = service.get("/usage").json()["days"]
    response = cut(service, parent["filename"], holes="keep", tolerance=20)
    body = response.json()
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == body["url"]
    assert (body["parent"], body["replaced_by"]) == (parent["filename"], None)
    assert body["cutout_options"] == {"holes": "keep", "tolerance": 20}
    assert (body["charged"], body["cost_usd"]) == ("no", 0.0)
    for name in ("prompt", "new_prompt", "model", "provider", "original"):
        assert body[name] == parent[name]
    again = cut(service, parent["filename"], tolerance=20, holes="keep", replace=False)
    assert (again.status_code, again.json()) == (200, body)
    served = service.get(f"/images/{body['filename']}").content
    assert read_properties(served)["xmpMM:DerivedFrom"] == f"uuid:{parent['filename'][:-4]}"
    assert service.get(f"/images/{body['filename']}/metadata").json() == body
    assert listed(service) == [body["filename"], parent["filename"]]
    assert fake_openai.paid == paid
    assert service.get("/usage").json()["days"] == usage
    keys = [*service.ports.store.keys("originals/"), *service.ports.store.keys("images/")]
    assert sum(body["filename"][:-4] in key for key in keys) == 3
    assert service.call("DELETE", f"/images/{parent['filename']}").status_code == 204
    assert service.get(f"/images/{body['filename']}?w=300").status_code == 200


def test_replaced_image_redirects(service: Service) -> None:
    """Its URL leads to the newest image, in one hop; a deletion ends that."""
    names = [service.generate().json()["filename"]]
    assert service.get(f"/images/{names[0]}").status_code == 200  # in every cache
    for options in ({"holes": "keep"}, {"holes": "cut"}):
        response = cut(service, names[0], replace=True, **options)
        assert response.status_code == 201, response.text
        names.append(response.json()["filename"])
    assert listed(service) == names[-1:]
    for method in ("GET", "HEAD"):
        for query in ("", "?w=300&format=webp"):
            for name in names[:2]:
                path = f"/images/{name}{query}"
                redirect = service.call(method, path, allow_redirects=False)
                assert redirect.status_code == 308
                assert redirect.headers["Location"] == f"{service.url}/images/{names[2]}{query}"
                assert redirect.headers["Cache-Control"] == "public, max-age=31536000"
                assert service.call(method, path).status_code == 200
    metadata = service.get(f"/images/{names[0]}/metadata").json()
    assert metadata["replaced_by"] == names[1]
    assert cut(service, names[0], replace=True, holes="keep").status_code == 200
    assert service.call("DELETE", f"/images/{names[2]}").status_code == 204
    assert service.get(f"/images/{names[0]}").status_code == 404
    assert cut(service, names[0], holes="auto", replace=True).status_code == 201
    assert service.get(f"/images/{names[0]}").status_code == 200
    assert service.call("DELETE", f"/images/{names[0]}").status_code == 204
    assert service.get(f"/images/{names[0]}").status_code == 404


def test_mask_erases_and_restores(embedded: Service) -> None:
    """Black erases all and white restores all, in the image and in large variants."""
    name = embedded.generate().json()["filename"]
    for level, alpha in ((0, 0), (255, 255)):
        for prefix in ("", "data:image/png;base64,"):
            response = cut(embedded, name, mask=prefix + mask(level))
            assert response.status_code == (200 if prefix else 201), response.text
        assert response.json()["cutout_options"] == {"mask": True}
        path = f"/images/{response.json()['filename']}"
        for query in ("", "?w=600"):
            found = pixels(embedded.get(path + query).content)[..., 3]
            assert (found.min(), found.max()) == (alpha, alpha)


def test_the_mask_of_an_image_can_be_fetched_and_sent_again(embedded: Service) -> None:
    """As gray levels; it makes the same cutout. An image without one has a mask without effect."""
    name = embedded.generate().json()["filename"]
    made = cut(embedded, name, mask=mask(0, side=48), holes="keep").json()["filename"]
    first, second = (embedded.get(f"/images/{each}/mask") for each in (made, name))
    for response, level, side in ((first, 0, 48), (second, 128, 1)):
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Cache-Control"] == "private, no-cache"
        with Image.open(io.BytesIO(response.content)) as image:
            assert (image.mode, image.size, image.getextrema()) == ("L", (side, side), (level,) * 2)
    again = base64.b64encode(first.content).decode()
    response = cut(embedded, name, mask=again, holes="keep")
    assert (response.status_code, response.json()["filename"]) == (200, made)
    nothing = base64.b64encode(second.content).decode()
    assert cut(embedded, name, mask=nothing).json()["cutout_options"] == {}
    etag = first.headers["ETag"]
    again_not_modified = embedded.get(f"/images/{made}/mask", headers={"If-None-Match": etag})
    assert again_not_modified.status_code == 304


def test_large_mask_is_accepted(embedded: Service) -> None:
    """A body of a megabyte is received; a larger one is 413."""
    name = embedded.generate().json()["filename"]
    text = mask(0)
    padded = base64.b64encode(base64.b64decode(text) + bytes(900_000)).decode()
    assert cut(embedded, name, mask=padded).status_code in {201, 400}
    response = cut(embedded, name, mask="A" * 1_600_000)
    assert (response.status_code, response.json()["code"]) == (413, "request_too_large")
    assert "1.5 MiB" in response.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"holes": "keep:0"}, "holes"),
        ({"holes": "keep:24"}, "holes"),
        ({"holes": "keep:1;cut:1"}, "holes"),
        ({"holes": 1}, "holes"),
        ({"shadow": "auto"}, "shadow"),
        ({"background": "white"}, "background"),
        ({"tolerance": 101}, "tolerance"),
        ({"tolerance": "8"}, "tolerance"),
        ({"mask": "?"}, "mask"),
        ({"mask": "AAAA"}, "mask"),
        ({"mask": mask(0, side=1025)}, "mask"),
        ({"replace": "yes"}, "replace"),
        ({"prompt": "A fox"}, "prompt"),
    ],
)
def test_invalid_options_are_400(
    shared_embedded: Service, body: dict[str, Any], field: str
) -> None:
    """The response names the field, and no record is made."""
    name = shared_embedded.generate().json()["filename"]
    before = len(shared_embedded.ports.records.scan(limit=100))
    response = cut(shared_embedded, name, **body)
    error = response.json()
    assert (response.status_code, error["code"]) == (400, "invalid_request"), error
    assert [problem["field"] for problem in error["errors"]] == [field]
    assert len(shared_embedded.ports.records.scan(limit=100)) == before


def test_missing_images_and_originals_are_404(embedded: Service) -> None:
    """An unknown image and a missing original have codes of their own."""
    response = cut(embedded, ABSENT)
    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")
    assert response.json()["charged"] == "no"
    name = embedded.generate().json()["filename"]
    embedded.ports.store.delete(f"originals/{name}")
    response = cut(embedded, name)
    assert (response.status_code, response.json()["code"]) == (404, "original_missing")
    assert embedded.get(f"/images/{name}").status_code == 200


@pytest.mark.parametrize("other", [b"other", SMALLEST_PNG])
def test_changed_original_is_503(embedded: Service, other: bytes) -> None:
    """An original that changed in the store is not cut out."""
    name = embedded.generate().json()["filename"]
    embedded.ports.store.put(f"originals/{name}", other, content_type="image/png")
    response = cut(embedded, name)
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")


def test_concurrent_requests_make_one_image(service: Service) -> None:
    """Of equal requests at the same time one makes the image, and all get it."""
    name = service.generate().json()["filename"]
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: cut(service, name, holes="keep"), range(4)))
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 201]
    assert len({response.json()["filename"] for response in responses}) == 1
    assert len(listed(service)) == 2


def test_scope_and_owner(embedded_auth_service: AuthenticatedService) -> None:
    """It needs the scope `generate`; another's image is 404, as one that doesn't exist."""
    service = embedded_auth_service
    ann, bob = service.create_key("ann"), service.create_key("bob")
    reader = service.create_key("reader", frozenset({Scope.READ}))
    path = service.create_image(ann)
    outcomes = []
    for key in (ann, bob, reader, ""):
        response = service.call("POST", f"{path}/cutouts", key, json={"holes": "keep"})
        outcomes.append((response.status_code, response.json().get("code")))
    assert outcomes == [
        (201, None),
        (404, "image_not_found"),
        (403, "forbidden"),
        (401, "unauthorized"),
    ]
    assert len(service.get("/images", ann).json()["images"]) == 2
    assert service.get("/images", bob).json()["images"] == []


@pytest.mark.parametrize(("part", "code"), [("s3", "storage"), ("mongo", "records")])
def test_outages_lose_nothing(real: Service, parts: Parts, part: str, code: str) -> None:
    """With a part down it is 503 and the parent is served; afterwards the same request works."""
    name = real.generate().json()["filename"]
    getattr(parts, part).refuse()
    response = cut(real, name, holes="keep", replace=True)
    body = response.json()
    assert (response.status_code, body["code"]) == (503, f"{code}_unavailable")
    assert (body["charged"], response.headers["Retry-After"]) == ("no", "5")
    getattr(parts, part).pass_through()
    assert real.get(f"/images/{name}", allow_redirects=False).status_code == 200
    made = cut(real, name, holes="keep", replace=True)
    assert made.status_code == 201, made.text
    assert listed(real) == [made.json()["filename"]]
    assert parts.fake.paid == 1
