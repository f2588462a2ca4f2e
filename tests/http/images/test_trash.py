"""DELETE /images/<filename> with a trash, and POST /images/<filename>/restore."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models import State
from tests.support.http.idempotent_requests import error_of, post
from tests.support.service import Parts, Service, serving, settings_for


@pytest.fixture(params=[False, True], ids=["embedded", "real"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """Serve on embedded and on real parts, with the trash of the default settings."""
    parts: Parts | None = request.getfixturevalue("parts") if request.param else None
    values = parts.settings if parts else {}
    with serving(settings_for(data_dir=tmp_path, trash_days=7, **values)) as service:
        yield service


def total(service: Service, query: str = "") -> int:
    """Return the total of the list."""
    number: int = service.get(f"/images{query}").json()["total_images"]
    return number


def test_a_deleted_image_can_be_restored(service: Service) -> None:
    """In the trash it is only listed there; its address, variants and metadata are 404."""
    made = post(service).json()
    path = f"/images/{made['filename']}"
    variant = f"{path}?w=64&format=webp"
    image, small = service.get(path), service.get(variant)
    assert (image.status_code, small.status_code) == (200, 200)
    for _ in range(2):
        assert service.call("DELETE", path).status_code == 204
        for gone in (path, variant, f"{path}/metadata"):
            assert service.get(gone).status_code == 404, gone
    assert (total(service), total(service, "?trashed=true")) == (0, 1)
    (trashed,) = service.get("/images?trashed=true").json()["images"]
    assert trashed["trashed_at"] is not None
    assert {**trashed, "trashed_at": None, "status": "success"} == made
    assert error_of(post(service)) == (410, "image_trashed", "no")
    for _ in range(2):
        restored = service.call("POST", f"{path}/restore")
        assert (restored.status_code, restored.json()) == (200, made)
    assert (total(service), total(service, "?trashed=true")) == (1, 0)
    assert (service.get(path).content, service.get(path).headers["ETag"]) == (
        image.content,
        image.headers["ETag"],
    )
    assert service.get(variant).content == small.content
    assert post(service).json() == made


def test_lineage_links_to_no_image_in_the_trash(service: Service) -> None:
    """Not as a parent and not as a child; once it is restored, it is both again."""
    first = service.generate().json()["filename"]
    edited, again = (
        service.call("POST", f"/images/{first}/edits", json={"prompt": prompt}).json()["filename"]
        for prompt in ("Make it blue", "Make it red")
    )
    last = service.call("POST", f"/images/{edited}/edits", json={"prompt": "Again"}).json()

    def relatives(name: str) -> tuple[list[str], list[str], int]:
        body = service.get(f"/images/{name}/lineage").json()
        parents, children = (
            [image["filename"] for image in body[field]] for field in ("parents", "images")
        )
        return parents, children, body["total_images"]

    before = [relatives(name) for name in (first, last["filename"])]
    assert before == [([], [again, edited], 2), ([edited], [], 0)]
    assert service.call("DELETE", f"/images/{edited}").status_code == 204
    assert service.get(f"/images/{edited}/lineage").status_code == 404
    assert relatives(first) == ([], [again], 1)
    assert relatives(last["filename"]) == ([], [], 0)
    assert service.get(f"/images/{last['filename']}/metadata").json() == last
    assert service.call("POST", f"/images/{edited}/restore").status_code == 200
    assert [relatives(name) for name in (first, last["filename"])] == before


def test_purging_deletes_for_good(service: Service) -> None:
    """From the list or from the trash; a value that is no truth is refused."""
    for is_trashed in (False, True):
        path = f"/images/{service.generate().json()['filename']}"
        if is_trashed:
            assert service.call("DELETE", path).status_code == 204
        assert service.call("DELETE", f"{path}?purge=perhaps").status_code == 400
        assert service.call("DELETE", f"{path}?purge=true").status_code == 204
        for method, suffix in (("POST", "/restore"), ("DELETE", ""), ("DELETE", "?purge=true")):
            response = service.call(method, path + suffix)
            assert (response.status_code, response.json()["code"]) == (404, "image_not_found")
    assert list(service.ports.store.keys("originals/")) == []
    assert {record.state for record in service.ports.records.scan(limit=9)} == {State.DELETED}
    assert total(service, "?trashed=true") == 0


def test_moves_are_completed_after_a_storage_outage(parts: Parts, tmp_path: Path) -> None:
    """With S3 down both are 503; later the same request completes them, and nothing is paid."""
    settings = settings_for(data_dir=tmp_path, trash_days=7, **parts.settings)
    with serving(settings) as service:
        made = post(service).json()
        path = f"/images/{made['filename']}"
        for method, suffix, status in (("DELETE", "", 204), ("POST", "/restore", 200)):
            parts.s3.refuse()
            response = service.call(method, path + suffix)
            assert error_of(response) == (503, "storage_unavailable", None)
            parts.s3.pass_through()
            assert service.call(method, path + suffix).status_code == status
        assert service.get(path).status_code == 200
        assert post(service).json() == made
        assert parts.fake.paid == 1
