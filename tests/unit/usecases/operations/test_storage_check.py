"""The check of the store writes before the first image, and after each failed write."""

import pytest

from app.errors import StorageUnavailable
from app.usecases.operations import storage_check
from app.usecases.operations.storage_check import PROBE_BYTES, StorageCheck
from tests.support.fakes.ports import FakeSpool, FakeStore

WRITES = ["put originals", "delete originals", "put images", "delete images"]
WAITING = "originals/0b1f6e9c-8f57-4b55-9a9b-3d1f7d0b7a10.png"


class Checked:
    """A check with its store and spool, and the events of the store since the last look."""

    def __init__(self) -> None:
        self._events: list[str] = []
        self.store, self.spool = FakeStore(self._events), FakeSpool([])
        self.check = StorageCheck(store=self.store, spool=self.spool)

    def run(self) -> list[str]:
        """Run the check and return what it did at the store."""
        self._events.clear()
        self.check()
        return [event.removeprefix("store ") for event in self._events]

    def wait(self, size: int, key: str = WAITING) -> None:
        """Put an object of this size into the spool, as another process does."""
        self.spool.put(key, bytes(size), content_type="image/png")


@pytest.fixture
def checked() -> Checked:
    """Return a check that has not run."""
    return Checked()


def test_the_first_check_writes_and_later_ones_do_not(checked: Checked) -> None:
    """A store that refuses writes is noticed before the first payment."""
    assert checked.check.is_outdated()
    assert checked.run() == ["ping", *WRITES]
    assert not checked.check.is_outdated()
    assert checked.run() == ["ping"]
    assert checked.store.objects == {}


@pytest.mark.parametrize("step", ["put originals", "put images"])
def test_a_refused_write_fails_every_check_until_one_succeeds(checked: Checked, step: str) -> None:
    """Both folders matter: permissions can differ."""
    checked.store.fail(step, StorageUnavailable("S3: status 403"))
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            checked.check()
        assert checked.check.is_outdated()
    checked.store.repair()
    assert checked.run() == ["ping", *WRITES]
    assert checked.run() == ["ping"]


def test_a_failed_write_is_checked_again(checked: Checked) -> None:
    """After an image could not be stored, the store has to accept a write first."""
    checked.check()
    checked.check.note_failure()
    assert checked.check.is_outdated()
    assert checked.run() == ["ping", *WRITES]


def test_a_failed_write_of_another_process_is_noticed(checked: Checked) -> None:
    """Its image is in the spool; one that stays there is checked once."""
    checked.check()
    checked.wait(10)
    assert checked.check.is_outdated()
    assert checked.run() == ["ping", *WRITES]
    assert not checked.check.is_outdated()
    checked.spool.delete(WAITING)
    assert not checked.check.is_outdated()


def test_the_probe_is_as_large_as_what_waits(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store with a size limit may accept everything but the image that waits."""
    monkeypatch.setattr(storage_check, "PROBE_BYTES", PROBE_BYTES)  # not that of other tests
    written = record_writes(checked, monkeypatch)
    checked.check()
    checked.wait(PROBE_BYTES + 1)
    checked.check()
    sizes = [size for _, size in written]
    assert sizes == [PROBE_BYTES] * 2 + [PROBE_BYTES + 1] * 2


def test_each_probe_has_a_key_of_its_own(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise another process could delete a probe before its write is checked."""
    written = record_writes(checked, monkeypatch)
    for _ in range(2):
        checked.check()
        checked.check.note_failure()
    assert len({key for key, _ in written}) == 4


def record_writes(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return a list to which each write to the store adds its key and size."""
    written: list[tuple[str, int]] = []
    put = checked.store.put

    def measured(key: str, data: bytes, *, content_type: str) -> None:
        written.append((key, len(data)))
        put(key, data, content_type=content_type)

    monkeypatch.setattr(checked.store, "put", measured)
    return written


def test_a_probe_that_can_not_be_deleted_is_no_failure(checked: Checked) -> None:
    """Storing an image needs no permission to delete."""
    checked.store.fail("delete originals", StorageUnavailable())
    checked.check()
    assert not checked.check.is_outdated()


def test_a_failure_during_the_check_is_not_lost(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that could not be stored meanwhile counts more than the probe."""
    delete = checked.store.delete

    def delete_later(key: str) -> None:
        checked.check.note_failure()
        delete(key)

    monkeypatch.setattr(checked.store, "delete", delete_later)
    checked.check()
    assert checked.check.is_outdated()


def test_an_unreadable_spool_does_not_matter(checked: Checked) -> None:
    """Whether it has room is checked elsewhere."""
    checked.spool.fail("keys originals", StorageUnavailable())
    checked.check()
    assert not checked.check.is_outdated()
