"""Faults beside the matrix of tests/faults: what needs more than a row to be told."""

import pytest

from app.errors import Charged
from app.models import State
from tests.support.fake_openai import Fault
from tests.support.service import Parts, Service


def test_truncated_image_is_kept_as_it_came(real: Service, parts: Parts) -> None:
    """An image that breaks off is kept byte for byte as evidence."""
    parts.fake.script("images", Fault.truncated_image())
    real.generate()
    (row,) = real.ports.records.scan(limit=2)
    assert (row.state, row.charged, row.error) == (
        State.FAILED,
        Charged.YES,
        "provider_bad_response",
    )
    assert real.ports.store.get(f"originals/{row.id}.bin").data == parts.fake.images[0]


def test_image_of_another_size_is_used_as_it_is(real: Service, parts: Parts) -> None:
    """If another size comes than was asked, it is used and its real size told."""
    parts.fake.script("images", Fault.wrong_size(640, 480))
    original = real.generate().json()["original"]
    assert (original["width"], original["height"]) == (640, 480)


def test_offline_refuses_plain_words(embedded: Service) -> None:
    """The offline provider refuses a few words, so that the 400 can be tried."""
    answer = embedded.generate("a gory scene")
    assert (answer.status_code, answer.json()["code"]) == (400, "prompt_rejected")
    assert embedded.images() == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # botocore drops the socket
@pytest.mark.usefixtures("answers_break_off")
def test_body_of_s3_that_breaks_off_is_never_served(real: Service, parts: Parts) -> None:
    """A truncated answer of S3 is 503, and not cached."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.s3.cut_after(2000)
    answer = real.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    parts.s3.pass_through()
    assert real.get(path).status_code == 200
