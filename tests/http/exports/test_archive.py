"""GET and HEAD /images/archive."""

import io
import uuid
import zipfile
from pathlib import Path

import requests

from tests.support.http.authenticated_service import serving_with_keys
from tests.support.http.variant_requests import error_of, store_image
from tests.support.service import Service, serving, settings_for


def unpack(response: requests.Response) -> dict[str, bytes]:
    """Return the files of the archive in a response."""
    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def query(*paths: str) -> str:
    """Return the address of an archive of images, by paths or file names."""
    return "/images/archive?" + "&".join(f"image={path.removeprefix('/images/')}" for path in paths)


def test_archive_has_the_images_as_they_are(service: Service) -> None:
    """Files are in the requested order, once each, byte for byte; it needs no records."""
    paths = [store_image(service) for _ in range(3)]
    response = service.get(query(paths[2], paths[0], paths[1], paths[0].removesuffix(".png")))
    files = unpack(response)
    assert list(files) == [paths[at].removeprefix("/images/") for at in (2, 0, 1)]
    assert all(files[path[8:]] == service.get(path).content for path in paths)
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == 'attachment; filename="images.zip"'
    assert response.headers["Cache-Control"].startswith("public, max-age=60")
    tag = response.headers["ETag"]
    again = service.get(response.request.path_url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    head = service.call("HEAD", response.request.path_url)
    assert (head.content, head.headers["ETag"]) == (b"", tag)


def test_missing_images_and_wrong_names_are_errors(service: Service) -> None:
    """404 names the missing image; 400 is for no image, too many, and other names."""
    path, missing = store_image(service), f"{uuid.uuid4()}.png"
    absent = service.get(query(path, missing))
    assert error_of(absent) == (404, "image_not_found")
    assert missing in absent.json()["message"]
    many = query(*(str(uuid.uuid4()) for _ in range(51)))
    for wrong in ("/images/archive", query("x"), query(path, "../../etc/passwd"), many):
        response = service.get(wrong)
        assert error_of(response) == (400, "invalid_request")
        assert [each["field"] for each in response.json()["errors"]] == ["image"]


def test_replaced_and_deleted_images(service: Service) -> None:
    """A replaced image is its replacement, and an image in the trash is missing."""
    first, second = (service.generate().json()["filename"] for _ in range(2))
    body = {"tolerance": 20, "replace": True}
    other = service.call("POST", f"/images/{first}/cutouts", json=body).json()["filename"]
    files = unpack(service.get(query(first, second)))
    assert files[first] == service.get(f"/images/{other}").content
    assert service.call("DELETE", f"/images/{second}").status_code == 204
    assert error_of(service.get(query(first, second))) == (404, "image_not_found")


def test_private_images_are_archived_for_their_owner(tmp_path: Path) -> None:
    """One image of another caller is as good as missing, and nothing is sent."""
    settings = settings_for(data_dir=tmp_path, auth_required=True, public_images=False)
    with serving(settings) as service:
        run, names, keys = service.app.test_cli_runner().invoke, [], []
        for owner in ("one", "two"):
            key = {"X-API-Key": run(args=["keys", "create", owner]).stdout.strip()}
            body = {"prompt": "a fox"}
            made = service.call("POST", "/generate-image", json=body, headers=key).json()
            names.append(made["filename"])
            keys.append(key)
        own = service.get(query(names[0]), headers=keys[0])
        assert list(unpack(own)) == names[:1]
        assert own.headers["Cache-Control"].startswith("private, ")
        assert error_of(service.get(query(*names), headers=keys[0])) == (404, "image_not_found")
        assert error_of(service.get(query(names[0]))) == (401, "unauthorized")


def test_archives_of_private_images_count_by_key(tmp_path: Path) -> None:
    """A key has a rate of its own: neither other keys at its address nor wrong ones use it up."""
    settings = {"public_images": False, "rate_limit_default": "2/hour"}
    with serving_with_keys(data_dir=tmp_path, **settings) as service:
        keys = [service.create_key(name) for name in ("one", "two")]
        paths = [query(service.create_image(key).rpartition("/")[2]) for key in keys]
        assert [service.get(paths[0], keys[0]).status_code for _ in range(3)] == [200, 200, 429]
        codes = [service.get(paths[1], "wrong").status_code for _ in range(3)]
        assert codes == [401, 401, 429]
        assert service.get(paths[1], keys[1]).status_code == 200


def test_a_sheet_that_needs_a_key_is_for_its_own_cache(tmp_path: Path) -> None:
    """Shared caches don't send it to others; an archive of public images needs no key."""
    with serving_with_keys(data_dir=tmp_path) as service:
        key = service.create_key("one")
        path = query(service.create_image(key).rpartition("/")[2])
        sheet = service.get(path.replace("/archive", "/sheet"), key)
        assert sheet.headers["Cache-Control"].startswith("private, ")
        assert "X-API-Key" in sheet.headers["Vary"]
        assert service.get(path, key).headers["Cache-Control"].startswith("public, ")
