"""Deleting while a part is down: nothing half-deleted is shown, and asking again finishes it."""

import pytest

from app.models import State
from tests.support.http.idempotent_requests import error_of, post, record_of
from tests.support.service import Parts, Service


@pytest.mark.parametrize("keyed", [True, False])
def test_deletion_that_storage_cut_off_can_be_repeated(
    real: Service, parts: Parts, keyed: bool
) -> None:
    """S3 down: 503, and the image is out of the list at once; S3 back: 204, and all is gone."""
    filename = (post(real) if keyed else real.generate()).json()["filename"]
    parts.s3.refuse()
    refused = real.call("DELETE", f"/images/{filename}")
    assert error_of(refused) == (503, "storage_unavailable", None)
    assert int(refused.headers["Retry-After"]) > 0
    assert real.images() == []
    assert real.get(f"/images/{filename}/metadata").status_code == 404
    if keyed:
        assert error_of(post(real)) == (410, "image_deleted", "no")
    parts.s3.pass_through()
    assert real.call("DELETE", f"/images/{filename}").status_code == 204
    assert real.call("DELETE", f"/images/{filename}").status_code == 404
    assert real.get(f"/images/{filename}").status_code == 404
    for folder in ("originals/", "images/"):
        assert list(real.ports.store.keys(folder)) == []
    rows = real.ports.records.scan(limit=9)
    assert [(row.state, row.prompt) for row in rows] == [(State.DELETED, "")] * keyed
    if keyed:
        assert error_of(post(real)) == (410, "image_deleted", "no")
    assert parts.fake.paid == 1


def test_deletion_without_records_touches_nothing(real: Service, parts: Parts) -> None:
    """MongoDB down: 503, and the image and its key are as they were afterwards."""
    made = post(real).json()
    parts.mongo.refuse()
    refused = real.call("DELETE", f"/images/{made['filename']}")
    assert error_of(refused) == (503, "records_unavailable", None)
    assert real.get(f"/images/{made['filename']}").status_code == 200
    parts.mongo.pass_through()
    assert post(real).json() == made
    assert record_of(real).state is State.READY
