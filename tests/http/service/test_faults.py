"""Faults that need more assertions than a row of the matrix in tests/faults."""

import pytest

from app.errors import Charged
from app.models import State
from tests.support.fake_openai import Fault
from tests.support.service import Parts, Service


def test_truncated_image_is_kept_unchanged(real: Service, parts: Parts) -> None:
    """A truncated image is kept byte for byte as evidence."""
    parts.fake.script("images", Fault.truncated_image())
    real.generate()
    (record,) = real.ports.records.scan(limit=2)
    assert (record.state, record.charged, record.error) == (
        State.FAILED,
        Charged.YES,
        "provider_bad_response",
    )
    assert real.ports.store.get(f"originals/{record.id}.bin").data == parts.fake.images[0]


def test_image_of_another_size_is_used(real: Service, parts: Parts) -> None:
    """An image of another size than requested is used, and its real size reported."""
    parts.fake.script("images", Fault.wrong_size(640, 480))
    original = real.generate().json()["original"]
    assert (original["width"], original["height"]) == (640, 480)


def test_offline_provider_rejects_some_words(embedded: Service) -> None:
    """The offline provider rejects a few words, so that clients can test the 400."""
    response = embedded.generate("a gory scene")
    assert (response.status_code, response.json()["code"]) == (400, "prompt_rejected")
    assert embedded.images() == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # botocore drops the socket
@pytest.mark.usefixtures("truncated_responses")
def test_truncated_s3_response_is_not_served(real: Service, parts: Parts) -> None:
    """A truncated response from S3 is 503 and not cached."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.s3.cut_after(2000)
    response = real.get(path)
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    parts.s3.pass_through()
    assert real.get(path).status_code == 200
