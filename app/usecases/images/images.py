"""Reads, lists and deletes images."""

from dataclasses import dataclass
from typing import Protocol

from app.errors import ImageNotFound
from app.models import ImageRecord, Page, PageQuery, State, StoredImage, object_keys
from app.ports import ImageRecords, ImageStore


class OwnerCache(Protocol):
    """Remembers the owners of images for a while."""

    def get(self, group: str, name: str, /) -> str | None:
        """Return the remembered owner, or None."""

    def put(self, group: str, name: str, owner: str, /, *, size: int) -> None:
        """Remember an owner; `size` is in bytes."""

    def forget(self, group: str, /) -> None:
        """Forget all entries of this group."""


@dataclass(frozen=True)
class Images:
    """The images that are ready.

    With an `owner`, the images of other callers count as missing; None reaches all images. The
    owner "" is that of images made without an API key, and reaches none.
    """

    store: ImageStore
    records: ImageRecords
    owners: OwnerCache | None = None

    def fetch(self, image_id: str) -> StoredImage:
        """Return the cut-out image. Reads the store only, so it works without records.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: the store is unreachable.
        """
        return self.store.get(object_keys.image_key(image_id))

    def link(self, image_id: str) -> str:
        """Return a URL at the store itself from which the image can be read for an hour.

        It is not checked whether the store has the image.

        Raises:
            StorageUnavailable: there is no such URL.
        """
        return self.store.link(object_keys.image_key(image_id))

    def owner_of(self, image_id: str) -> str:
        """Return the id of the caller whom the image belongs to; "" for an image without owner.

        The owner never changes, so it is cached, for as long as images are. A record has its owner
        before it is ready, since the image may be stored already.

        Raises:
            ImageNotFound: there is none, or it was deleted.
            RecordsUnavailable: the records are unreachable.
        """
        owner = self.owners.get(image_id, "owner") if self.owners else None
        if owner is None:
            owner = self._recorded_owner(image_id)
            if self.owners:
                self.owners.put(image_id, "owner", owner, size=len(owner))
        return owner

    def _recorded_owner(self, image_id: str) -> str:
        record = self.records.get(image_id)
        if record is None or record.state is State.DELETED:
            raise ImageNotFound(image_id)
        return record.owner

    def record(self, image_id: str, *, owner: str | None = None) -> ImageRecord:
        """Return the record of a ready image.

        Raises:
            ImageNotFound: there is none.
            RecordsUnavailable: the records are unreachable.
        """
        record = self.records.get(image_id)
        if record is None or record.state is not State.READY or not _belongs_to(record, owner):
            raise ImageNotFound(image_id)
        return record

    def page(self, query: PageQuery) -> Page:
        """Return a page, newest first.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        if query.owner == "":
            return Page(records=(), total=0, more=False)
        return self.records.page(query)

    def version(self) -> int:
        """Return a number that differs after every change of what pages show.

        Raises:
            RecordsUnavailable: the records are unreachable.
        """
        return self.records.version()

    def delete(self, image_id: str, *, owner: str | None = None) -> None:
        """Delete the objects, then the record; a deletion that was interrupted can be repeated.

        If the image has an Idempotency-Key, a tombstone stays for as long as keys are remembered,
        so that a late retry does not pay for it again.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: some objects may be left.
            RecordsUnavailable: nothing was deleted, or only the record is left.
        """
        record = self.records.get(image_id)
        if record is None or not _can_be_deleted(record) or not _belongs_to(record, owner):
            raise ImageNotFound(image_id)
        deleted = record.deleted()
        if not self.records.compare_and_swap(record, deleted):
            raise ImageNotFound(image_id)
        if self.owners:
            self.owners.forget(image_id)
        for key in _object_keys(record):
            self.store.delete(key)
        if record.claim:
            self.records.compare_and_swap(deleted, deleted.tombstone())
        else:
            self.records.delete(image_id)


def undo_if_deleted(
    records: ImageRecords, store: ImageStore, image_id: str, keys: tuple[str, ...]
) -> None:
    """Delete what was just stored if its image was deleted meanwhile.

    A deletion marks the record first and deletes objects afterwards. If the record is still there
    now, a later deletion will find these objects.
    """
    record = records.get(image_id)
    if record is None or record.state is State.DELETED:
        for key in keys:
            store.delete(key)


def _can_be_deleted(record: ImageRecord) -> bool:
    is_half_deleted = record.state is State.DELETED and record.created_at is not None
    return record.state is State.READY or is_half_deleted


def _belongs_to(record: ImageRecord, owner: str | None) -> bool:
    return owner is None or (record.owner == owner and owner != "")


def _object_keys(record: ImageRecord) -> tuple[str, ...]:
    originals = object_keys.original_keys(record.id)
    original_key = record.original.key if record.original else originals[0]
    return object_keys.image_key(record.id), original_key, object_keys.sidecar_key(record.id)
