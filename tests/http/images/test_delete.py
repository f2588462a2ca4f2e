"""Deletion during outages: partially deleted images are hidden, and a retry completes it."""

import pytest

from app.models import State
from tests.support.http.idempotent_requests import error_of, post, record_of
from tests.support.service import Parts, Service


@pytest.mark.parametrize("with_key", [True, False])
def test_deletion_is_completed_after_a_storage_outage(
    real: Service, parts: Parts, with_key: bool
) -> None:
    """With S3 down it is 503 and the image is hidden; later it is 204 and all is deleted."""
    filename = (post(real) if with_key else real.generate()).json()["filename"]
    parts.s3.refuse()
    response = real.call("DELETE", f"/images/{filename}")
    assert error_of(response) == (503, "storage_unavailable", None)
    assert int(response.headers["Retry-After"]) > 0
    assert real.images() == []
    assert real.get(f"/images/{filename}/metadata").status_code == 404
    if with_key:
        assert error_of(post(real)) == (410, "image_deleted", "no")
    parts.s3.pass_through()
    assert real.call("DELETE", f"/images/{filename}").status_code == 204
    assert real.call("DELETE", f"/images/{filename}").status_code == 404
    assert real.get(f"/images/{filename}").status_code == 404
    for folder in ("originals/", "images/"):
        assert list(real.ports.store.keys(folder)) == []
    records = real.ports.records.scan(limit=9)
    assert [(record.state, record.prompt) for record in records] == [(State.DELETED, "")]
    if with_key:
        assert error_of(post(real)) == (410, "image_deleted", "no")
    assert parts.fake.paid == 1


def test_deletion_without_records_changes_nothing(real: Service, parts: Parts) -> None:
    """With MongoDB down it is 503, and image and idempotency key are unchanged."""
    body = post(real).json()
    parts.mongo.refuse()
    response = real.call("DELETE", f"/images/{body['filename']}")
    assert error_of(response) == (503, "records_unavailable", None)
    assert real.get(f"/images/{body['filename']}").status_code == 200
    parts.mongo.pass_through()
    assert post(real).json() == body
    assert record_of(real).state is State.READY
