"""Read, list and delete images."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.errors import ImageNotFound
from app.models import ImageRecord, Page, PageQuery, State, StoredImage, object_keys
from app.ports import (
    UNLIMITED,
    Clock,
    Guard,
    ImageRecords,
    ImageStore,
    OwnerCache,
    unguarded,
)

_REMOVED = (State.DELETED, State.TRASHED)
_MAX_VERSIONS = 1000  # ends the search if damaged records form a circle
_MAX_MARKING_TIME = timedelta(minutes=1)  # below the time for which caches look back


@dataclass(frozen=True)
class Images:
    """The images that are ready.

    The `owner` of a method restricts it to the images of one caller, and those of other callers
    count as missing. None means no restriction. "" is the owner of images that were generated
    without an API key, and matches no image.

    Args:
        store: contains the images.
        records: contains their records.
        clock: determines when an image is deleted.
        owners: caches the owners.
        guard: makes the reads of records.
        deleting: entered by each thread that deletes, to bound their number.
    """

    store: ImageStore
    records: ImageRecords
    clock: Clock
    owners: OwnerCache | None = None
    guard: Guard = unguarded
    deleting: AbstractContextManager[object] = UNLIMITED

    def fetch(self, image_id: str) -> StoredImage:
        """Return the cut-out image.

        Only the store is read, so this works while the records are unavailable.

        Raises:
            ImageNotFound: there is no such image.
            StorageUnavailable: the store is unreachable.
        """
        return self.store.get(object_keys.image_key(image_id))

    def link(self, image_id: str) -> str:
        """Return a URL of the store that serves the image for an hour.

        The URL is returned even if the store does not have the image.

        Raises:
            StorageUnavailable: only this service can serve the image.
        """
        return self.store.link(object_keys.image_key(image_id))

    def check_owner(self, image_id: str, owner: str) -> None:
        """Return if the image belongs to this caller.

        The owner never changes, so a caller's own images are cached for as long as images are.
        Anything else is read from the records each time: if the owners of other callers' images
        were cached, the time of a response would reveal which images exist. Records that are not
        ready count too, because their image may already be stored.

        Raises:
            ImageNotFound: there is no such image, it was deleted, or it is another caller's.
            RecordsUnavailable: the records are unreachable.
        """
        if self.owners and owner and self.owners.get(image_id, owner) is not None:
            return
        record = self._record(image_id)
        if record is None or record.state in _REMOVED or not _belongs_to(record, owner):
            raise ImageNotFound(image_id)
        if self.owners:
            self.owners.put(image_id, owner, owner, size=len(owner))

    def _record(self, image_id: str) -> ImageRecord | None:
        return self.guard(partial(self.records.get, image_id))

    def record(self, image_id: str, *, owner: str | None = None) -> ImageRecord:
        """Return the record of an image that is ready, or was replaced by another.

        Raises:
            ImageNotFound: there is no such image.
            RecordsUnavailable: the records are unreachable.
        """
        record = self._record(image_id)
        if record is None or not record.is_finished or not _belongs_to(record, owner):
            raise ImageNotFound(image_id)
        return record

    def replacement_of(self, image_id: str) -> str | None:
        """Return the id of the newest image that took this one's place, or None.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        record = self._record(image_id)
        if record is None or record.state is not State.REPLACED:
            return None
        newest = self.guard(partial(versions_of, self.records, record))[-1]
        return newest.id if newest.state is State.READY else None

    def page(self, query: PageQuery) -> Page:
        """Return a page, newest first.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        if query.owner == "":
            return Page(records=(), total=0, more=False)
        return self.guard(partial(self.records.page, query))

    def version(self) -> int:
        """Return a number that changes with every change to the listed images.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        return self.guard(self.records.version)

    def delete(self, image_id: str, *, owner: str | None = None) -> None:
        """Delete the objects, then the record. An interrupted deletion can be repeated.

        A tombstone stays until Idempotency-Keys of that age expire, so that a late retry does not
        pay for the image again, and no server restores it from its spool.

        Raises:
            ImageNotFound: there is no such image.
            StorageUnavailable: some objects may be left.
            RecordsUnavailable: nothing was deleted, or only the record is left.
        """
        with self.deleting:
            self._delete(image_id, owner)

    def purge(self, record: ImageRecord) -> bool:
        """Delete an image as `delete` does, if its record is unchanged; return whether it did."""
        try:
            with self.deleting:
                self._remove(record)
        except ImageNotFound:
            return False
        return True

    def kept(self, image_id: str, *, owner: str | None = None) -> ImageRecord | None:
        """Return the record of an image in the list, replaced or in the trash; else None."""
        record = self._record(image_id)
        found = record is not None and record.is_kept and _belongs_to(record, owner)
        return record if found else None

    def forget_owner(self, image_id: str) -> None:
        """Remove the owner of an image that is no longer served from the cache."""
        if self.owners:
            self.owners.forget(image_id)

    def _delete(self, image_id: str, owner: str | None) -> None:
        record = self._record(image_id)
        if record is None or not _can_be_deleted(record) or not _belongs_to(record, owner):
            raise ImageNotFound(image_id)
        self._remove(record)

    def _remove(self, record: ImageRecord) -> None:
        deleted = self._mark(record)
        self.forget_owner(record.id)
        original_key = record.original.key if record.original else ""
        for key in object_keys.keys_of(record.id, original_key):
            if not _is_same(deleted, self.records.get(record.id)):
                return  # another process went on with the deletion while this one was stopped
            self.store.delete(key)
        self.records.compare_and_swap(deleted, deleted.tombstone(self.clock.now()))

    def _mark(self, record: ImageRecord) -> ImageRecord:
        """Mark the record as deleted, at a time that no cache has already looked at."""
        while True:
            now = self.clock.now()
            deleted = record.deleted(now)
            swapped = self.records.compare_and_swap(record, deleted)
            # A driver that sends a write again after a lost response gets False for its own.
            if not swapped and not _is_same(deleted, self.records.get(record.id)):
                raise ImageNotFound(record.id)
            if self.clock.now() - now < _MAX_MARKING_TIME:
                return deleted
            record = deleted  # the process was stopped meanwhile


def versions_of(records: ImageRecords, record: ImageRecord) -> list[ImageRecord]:
    """Return the record and those of its replacements, in order.

    The last one is ready, unless its own replacement was deleted.

    Raises:
        RecordsUnavailable: the records are unreachable.
    """
    versions = [record]
    while versions[-1].state is State.REPLACED and len(versions) < _MAX_VERSIONS:
        following = records.get(versions[-1].replaced_by)
        if following is None or not following.is_finished:
            break
        versions.append(following)
    return versions


def undo_if_deleted(
    records: ImageRecords, store: ImageStore, image_id: str, keys: tuple[str, ...]
) -> None:
    """Delete newly stored objects if their image was deleted or replaced in the meantime.

    Both first mark the record and then delete objects: a replacement, and a move to the trash,
    only the cut-out image. If the record is unchanged now, a later one will find these objects.
    """
    record = records.get(image_id)
    if record is None or record.state is State.DELETED:
        gone = keys
    elif record.state in {State.REPLACED, State.TRASHED}:
        gone = tuple(key for key in keys if key == object_keys.image_key(image_id))
    else:
        return
    for key in gone:
        store.delete(key)


def _is_same(record: ImageRecord, stored: ImageRecord | None) -> bool:
    mark = (record.state, record.lease_until)
    return stored is not None and (stored.state, stored.lease_until) == mark


def _can_be_deleted(record: ImageRecord) -> bool:
    is_half_deleted = record.state is State.DELETED and record.created_at is not None
    return record.is_kept or is_half_deleted


def _belongs_to(record: ImageRecord, owner: str | None) -> bool:
    return owner is None or (record.owner == owner and owner != "")
