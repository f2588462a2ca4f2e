"""Charged images that could not be stored: the same key completes them at no charge."""

from typing import Any

import pytest

from app.errors import Charged
from app.imaging import CutoutOptions, cutout
from app.models import State
from tests.support.fake_openai import Fault
from tests.support.http.idempotent_requests import KEY, change_record, error_of, post, record_of
from tests.support.images import xmp_readers
from tests.support.service import Parts, Service

PENDING_UPLOAD = (503, "storage_unavailable", "yes")


def spooled_files(service: Service) -> list[str]:
    """Return the names of all files in the spool."""
    folder = service.data_dir / "spool"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_spooled_image_is_returned_after_the_outage(real: Service, parts: Parts) -> None:
    """If S3 fails after the charge, the key is 503, and 200 once S3 is back."""
    assert real.get("/readyz").status_code == 200
    parts.s3.refuse()
    for _ in range(2):
        response = post(real)
        assert error_of(response) == PENDING_UPLOAD
        assert int(response.headers["Retry-After"]) > 0
        assert spooled_files(real) == [f"{record_of(real).id}.{end}" for end in ("json", "png")]
    parts.s3.pass_through()
    completed = post(real)
    assert (completed.status_code, completed.headers["Idempotency-Replayed"]) == (200, "true")
    assert (parts.fake.paid, spooled_files(real)) == (1, [])
    (original,) = parts.fake.images
    filename = completed.json()["filename"]
    served = real.get(f"/images/{filename}").content
    options = CutoutOptions(subject=completed.json()["prompt"])
    assert xmp_readers.strip_packet(served) == cutout(original, options=options).png
    assert real.ports.store.get(f"originals/{filename}").data == original
    assert [image["filename"] for image in real.images()] == [filename]
    assert post(real).json() == completed.json()


def test_spooled_evidence_is_stored_after_the_outage(real: Service, parts: Parts) -> None:
    """Charged bytes that are no image become evidence once S3 is back; the spool is empty."""
    assert real.get("/readyz").status_code == 200
    parts.fake.script("images", Fault.svg())
    parts.s3.refuse()
    assert error_of(post(real)) == PENDING_UPLOAD
    parts.s3.pass_through()
    for _ in range(2):
        assert error_of(post(real)) == (502, "provider_bad_response", "yes")
    assert (parts.fake.paid, spooled_files(real)) == (1, [])
    assert real.ports.store.get(f"originals/{record_of(real).id}.bin").data


def test_image_in_another_servers_spool_is_not_generated_again(real: Service, parts: Parts) -> None:
    """A charged image that this server doesn't have is 503 with Retry-After."""
    post(real)
    record = record_of(real)
    for key in list(real.ports.store.keys(f"originals/{record.id}")):
        real.ports.store.delete(key)
    change_record(real, state=State.PENDING, lease_until=record.requested_at, image=None)
    for _ in range(3):
        response = post(real)
        assert error_of(response) == PENDING_UPLOAD
        assert int(response.headers["Retry-After"]) > 0
    assert parts.fake.paid == 1


@pytest.mark.parametrize(
    ("charged", "second", "paid"),
    [(Charged.UNKNOWN, (409, "outcome_unknown", "unknown"), 1), (Charged.NO, None, 2)],
)
def test_abandoned_request_is_retried_only_if_it_was_free(
    real: Service,
    parts: Parts,
    charged: Charged,
    second: tuple[int, str, str] | None,
    paid: int,
) -> None:
    """After a crash the outcome is unknown if the call was sent; else the key generates."""
    post(real)
    record = record_of(real)
    for key in list(real.ports.store.keys(f"originals/{record.id}")):
        real.ports.store.delete(key)
    changes: dict[str, Any] = {
        "charged": charged,
        "original": None,
        "image": None,
        "created_at": None,
    }
    change_record(real, KEY, state=State.PENDING, lease_until=record.requested_at, **changes)
    for _ in range(2):
        response = post(real)
        if second is None:
            assert response.json()["filename"] == f"{record.id}.png"
        else:
            assert error_of(response) == second
    assert parts.fake.paid == paid


def test_stored_original_is_completed_after_a_crash(real: Service, parts: Parts) -> None:
    """If a worker crashed after storing the original, the key returns its image for free."""
    first = post(real).json()
    record = record_of(real)
    real.ports.store.delete(f"images/{record.id}.png")
    changes: dict[str, Any] = {
        "charged": Charged.UNKNOWN,
        "original": None,
        "image": None,
        "created_at": None,
    }
    change_record(real, KEY, state=State.PENDING, lease_until=record.requested_at, **changes)
    replayed = post(real)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    ignored = {"created_at"}  # the time at which it became ready
    assert {key: value for key, value in replayed.json().items() if key not in ignored} == {
        key: value for key, value in first.items() if key not in ignored
    }
    assert real.get(f"/images/{record.id}.png").status_code == 200
    assert parts.fake.paid == 1
