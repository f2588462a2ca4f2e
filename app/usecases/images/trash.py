"""Move images to the trash and back, byte for byte.

A record in the trash is in no list but that of the trash. Its cut-out image lies beside the
original, where no address leads; variants need the image at its place, so they are gone too. The
record changes before its image is removed from its place, and after it is there again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from app.errors import ImageNotFound, RecordsUnavailable, StorageUnavailable
from app.models import ImageRecord, State, object_keys
from app.ports import Clock, ImageRecords, ImageStore, Observer
from app.usecases.images.images import Images, undo_if_deleted

_MAX_TRIES = 5  # other requests may be moving the image at the same moment
_MAX_EMPTIED = 50  # in one call


@dataclass(frozen=True, kw_only=True)
class Trash:
    """Keeps images that were deleted, for a time.

    Args:
        records: store the records.
        store: contains the images; reads past the cache.
        clock: determines when images are moved and deleted.
        images: checks owners, and deletes images for good.
        observer: counts the images.
        period: for how long an image is kept; zero to delete images immediately.
    """

    records: ImageRecords
    store: ImageStore
    clock: Clock
    images: Images
    observer: Observer
    period: timedelta

    def delete(self, image_id: str, *, owner: str | None = None, purge: bool = False) -> None:
        """Move an image to the trash; delete it for good with `purge`, or without a period.

        An interrupted request can be repeated. For an image in the trash, it changes nothing.

        Raises:
            ImageNotFound: there is no such image.
            StorageUnavailable: some objects may be left at their place.
            RecordsUnavailable: nothing changed, or the image is marked only.
        """
        if purge or not self.period:
            return self._purge(image_id, owner)
        for _ in range(_MAX_TRIES):
            record = self.images.kept(image_id, owner=owner)
            if record is None:  # perhaps a deletion for good that was interrupted
                return self._purge(image_id, owner)
            trashed = record.state is State.TRASHED
            if trashed or self.records.compare_and_swap(record, record.trashed(self.clock.now())):
                if not trashed:
                    self.observer.trash("trashed")
                self.images.forget_owner(image_id)
                return self.settle(image_id)
        raise RecordsUnavailable(f"{image_id} is being changed by others")

    def restore(self, image_id: str, *, owner: str | None = None) -> ImageRecord:
        """Return an image from the trash; one that is not there stays as it is.

        Raises:
            ImageNotFound: there is no such image.
            StorageUnavailable: the image is still in the trash, or partly.
            RecordsUnavailable: the same.
        """
        for _ in range(_MAX_TRIES):
            record = self.images.kept(image_id, owner=owner)
            if record is None:
                raise ImageNotFound(image_id)
            restored = record
            if record.state is State.TRASHED:
                self._put_back(record)
                restored = record.restored(self.clock.now())
            if restored is record or self.records.compare_and_swap(record, restored):
                if restored is not record:
                    self.observer.trash("restored")
                self.settle(image_id)
                return self.images.record(image_id, owner=owner)
        raise RecordsUnavailable(f"{image_id} is being changed by others")

    def settle(self, image_id: str) -> None:
        """Put the image where its record says; repeat if the record changes meanwhile."""
        taken: bytes | None = None  # from its place, where another request may have restored it
        for _ in range(_MAX_TRIES):
            record = self.records.get(image_id)
            if record is None or not record.is_kept:
                return
            if record.state is State.TRASHED:
                taken = self._put_away(record) or taken
            else:
                self._put_back(record, taken)
                self.store.delete(object_keys.trash_key(image_id))
            current = self.records.get(image_id)
            if current is None or current.state is record.state:
                return
        raise RecordsUnavailable(f"{image_id} is being changed by others")

    def empty(self) -> int:
        """Delete images for good whose time is over; return how many, at most 50.

        Raises:
            StorageUnavailable, RecordsUnavailable: the rest is left for the next call.
        """
        before = self.clock.now() - self.period
        expired = self.records.expired_leases(before, limit=_MAX_EMPTIED, state=State.TRASHED)
        deleted = 0
        for record in expired:
            if self.images.purge(record):
                self.observer.trash("emptied")
                deleted += 1
        return deleted

    def _purge(self, image_id: str, owner: str | None) -> None:
        former = self.images.kept(image_id, owner=owner)
        if former is None or former.state is not State.TRASHED:  # it was never in the trash
            self.images.delete(image_id, owner=owner)
            return
        try:
            self.images.delete(image_id, owner=owner)
        except StorageUnavailable:  # it has left the trash, though objects are left
            self.observer.trash("purged")
            raise
        self.observer.trash("purged")

    def _put_away(self, record: ImageRecord) -> bytes | None:
        """Move the image to the trash; return it if it was at its place."""
        source, target = object_keys.image_key(record.id), object_keys.trash_key(record.id)
        image = self._get(source)
        if image is None:
            return None
        # An image that another process made meanwhile replaces no copy of the right one.
        if _is_of(record, image) or self._get(target) is None:
            self._put(record, target, image)
        self.store.delete(source)
        return image

    def _put_back(self, record: ImageRecord, taken: bytes | None = None) -> None:
        target = object_keys.image_key(record.id)
        found = self._get(object_keys.trash_key(record.id)), taken
        images = [image for image in found if image is not None]
        if not images or record.replaced_by:
            return
        right = next((image for image in images if _is_of(record, image)), None)
        if right is not None:
            self._put(record, target, right)
        elif self._get(target) is None:  # an interrupted recut has left no other image than this
            self._put(record, target, images[0])

    def _get(self, key: str) -> bytes | None:
        try:
            return self.store.get(key).data
        except ImageNotFound:
            return None

    def _put(self, record: ImageRecord, key: str, data: bytes) -> None:
        self.store.put(key, data, content_type=object_keys.PNG)
        # A restored image stays, though its record is still in the trash.
        if key == object_keys.image_key(record.id):
            current = self.images.kept(record.id)
            if current and not current.replaced_by:
                return
        undo_if_deleted(self.records, self.store, record.id, (key,))


def _is_of(record: ImageRecord, data: bytes) -> bool:
    """Return whether these are the bytes of the record's image, as far as it has a hash."""
    known = record.image.sha256 if record.image else ""
    return not object_keys.is_sha256(known) or hashlib.sha256(data).hexdigest() == known
