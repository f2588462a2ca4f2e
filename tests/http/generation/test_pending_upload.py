"""Images that were paid for and wait for storage: the same key brings them home, for nothing."""

from typing import Any

import pytest

from app.errors import Charged
from app.imaging import cutout
from app.models import State
from tests.support.fake_openai import Fault
from tests.support.http.idempotent_requests import KEY, change_record, error_of, post, record_of
from tests.support.images import xmp_readers
from tests.support.service import Parts, Service

WAITS = (503, "storage_unavailable", "yes")


def spooled(service: Service) -> list[str]:
    """List what is in the spool, hidden files too."""
    folder = service.data_dir / "spool"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_image_in_the_spool_is_answered_once_storage_is_back(real: Service, parts: Parts) -> None:
    """S3 fails after paying and comes back: 503, then 200 with the cutout of the paid bytes."""
    assert real.get("/readyz").status_code == 200
    parts.s3.refuse()
    for _ in range(2):
        answer = post(real)
        assert error_of(answer) == WAITS
        assert int(answer.headers["Retry-After"]) > 0
        assert spooled(real) == [f"{record_of(real).id}.{end}" for end in ("json", "png")]
    parts.s3.pass_through()
    made = post(real)
    assert (made.status_code, made.headers["Idempotency-Replayed"]) == (200, "true")
    assert (parts.fake.paid, spooled(real)) == (1, [])
    (bought,) = parts.fake.images
    filename = made.json()["filename"]
    assert xmp_readers.without(real.get(f"/images/{filename}").content) == cutout(bought).png
    assert real.ports.store.get(f"originals/{filename}").data == bought
    assert [image["filename"] for image in real.images()] == [filename]
    assert post(real).json() == made.json()


def test_garbage_in_the_spool_ends_as_garbage(real: Service, parts: Parts) -> None:
    """Paid bytes that are no image become evidence once storage is back, and the spool empty."""
    assert real.get("/readyz").status_code == 200
    parts.fake.script("images", Fault.svg())
    parts.s3.refuse()
    assert error_of(post(real)) == WAITS
    parts.s3.pass_through()
    for _ in range(2):
        assert error_of(post(real)) == (502, "provider_bad_response", "yes")
    assert (parts.fake.paid, spooled(real)) == (1, [])
    assert real.ports.store.get(f"originals/{record_of(real).id}.bin").data


def test_image_in_another_servers_spool_is_waited_for(real: Service, parts: Parts) -> None:
    """A paid image of which nothing is here is 503 with Retry-After, and never bought again."""
    post(real)
    row = record_of(real)
    for key in list(real.ports.store.keys(f"originals/{row.id}")):
        real.ports.store.delete(key)
    change_record(real, state=State.PENDING, lease_until=row.requested_at, image=None)
    for _ in range(3):
        answer = post(real)
        assert error_of(answer) == WAITS
        assert int(answer.headers["Retry-After"]) > 0
    assert parts.fake.paid == 1


@pytest.mark.parametrize(
    ("charged", "second", "paid"),
    [(Charged.UNKNOWN, (409, "outcome_unknown", "unknown"), 1), (Charged.NO, None, 2)],
)
def test_abandoned_request_is_drawn_again_only_if_it_cost_nothing(
    real: Service,
    parts: Parts,
    charged: Charged,
    second: tuple[int, str, str] | None,
    paid: int,
) -> None:
    """A worker died: if it had begun to pay, the outcome is unknown; else the key draws."""
    post(real)
    row = record_of(real)
    for key in list(real.ports.store.keys(f"originals/{row.id}")):
        real.ports.store.delete(key)
    changes: dict[str, Any] = {
        "charged": charged,
        "original": None,
        "image": None,
        "created_at": None,
    }
    change_record(real, KEY, state=State.PENDING, lease_until=row.requested_at, **changes)
    for _ in range(2):
        answer = post(real)
        if second is None:
            assert answer.json()["filename"] == f"{row.id}.png"
        else:
            assert error_of(answer) == second
    assert parts.fake.paid == paid


def test_stored_original_of_a_dead_worker_is_finished(real: Service, parts: Parts) -> None:
    """A worker died after storing the original: the key gets its image, and pays nothing."""
    first = post(real).json()
    row = record_of(real)
    real.ports.store.delete(f"images/{row.id}.png")
    changes: dict[str, Any] = {
        "charged": Charged.UNKNOWN,
        "original": None,
        "image": None,
        "created_at": None,
    }
    change_record(real, KEY, state=State.PENDING, lease_until=row.requested_at, **changes)
    again = post(real)
    assert again.headers["Idempotency-Replayed"] == "true"
    different = {"created_at"}  # when it became ready
    assert {key: value for key, value in again.json().items() if key not in different} == {
        key: value for key, value in first.items() if key not in different
    }
    assert real.get(f"/images/{row.id}.png").status_code == 200
    assert parts.fake.paid == 1
