"""Reads, lists and removes images that were made."""

from dataclasses import dataclass, replace
from typing import Protocol

from app.errors import ImageNotFound
from app.models import ImageRecord, Page, PageQuery, State, StoredImage, object_keys
from app.ports import ImageRecords, ImageStore


class Owners(Protocol):
    """Remembers for a while who owns images: a text under two texts."""

    def get(self, group: str, name: str, /) -> str | None:
        """Return what is remembered, or None."""

    def put(self, group: str, name: str, owner: str, /, *, size: int) -> None:
        """Remember an owner of so many bytes."""

    def forget(self, group: str, /) -> None:
        """Forget what is remembered of this group."""


@dataclass(frozen=True)
class Images:
    """The images that are ready.

    Where an `owner` is given, another's images are as if they weren't there; None sees all.
    "" is who made images without a key: they are nobody's, and so that one sees none.
    """

    store: ImageStore
    records: ImageRecords
    owners: Owners | None = None

    def fetch(self, image_id: str) -> StoredImage:
        """Return the cut-out image; needs the store only, so it works without records.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: nobody can tell.
        """
        return self.store.get(object_keys.image_key(image_id))

    def link(self, image_id: str) -> str:
        """Return an address at the store itself from which the image can be read for an hour.

        The store isn't asked whether it has the image; who follows the address will hear.

        Raises:
            StorageUnavailable: there is no such address.
        """
        return self.store.link(object_keys.image_key(image_id))

    def owner_of(self, image_id: str) -> str:
        """Return the id of the caller that the image was made for; "" for nobody's.

        It never changes, so it is remembered, but for no longer than deleted images are. A row
        has its owner before it is ready: its image may be there already.

        Raises:
            ImageNotFound: there is none, or it was deleted.
            RecordsUnavailable: nobody can tell.
        """
        owner = self.owners.get(image_id, "owner") if self.owners else None
        if owner is None:
            owner = self._recorded_owner(image_id)
            if self.owners:
                self.owners.put(image_id, "owner", owner, size=len(owner))
        return owner

    def _recorded_owner(self, image_id: str) -> str:
        row = self.records.get(image_id)
        if row is None or row.state is State.DELETED:
            raise ImageNotFound(image_id)
        return row.owner

    def record(self, image_id: str, *, owner: str | None = None) -> ImageRecord:
        """Return the row of a ready image.

        Raises:
            ImageNotFound: there is none.
            RecordsUnavailable: nobody can tell.
        """
        row = self.records.get(image_id)
        if row is None or row.state is not State.READY or not _belongs(row, owner):
            raise ImageNotFound(image_id)
        return row

    def page(self, query: PageQuery) -> Page:
        """Return a page, newest first.

        Raises:
            RecordsUnavailable: the list can't be read.
        """
        if query.owner == "":
            return Page(records=(), total=0, more=False)
        return self.records.page(query)

    def version(self) -> int:
        """Return a number that is another one after every change of what pages show.

        Raises:
            RecordsUnavailable: nobody can tell.
        """
        return self.records.version()

    def delete(self, image_id: str, *, owner: str | None = None) -> None:
        """Mark the row, remove the objects, and the row last: a failure half-way can be repeated.

        Of an image with an Idempotency-Key a bare row stays for as long as keys are remembered,
        so that a late retry doesn't buy it again.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: perhaps not all of it was removed.
            RecordsUnavailable: nothing was removed, or only the row is left.
        """
        row = self.records.get(image_id)
        if row is None or not _is_there(row) or not _belongs(row, owner):
            raise ImageNotFound(image_id)
        going = replace(row, state=State.DELETED)
        if not self.records.compare_and_swap(row, going):
            raise ImageNotFound(image_id)
        if self.owners:
            self.owners.forget(image_id)
        for key in (
            object_keys.image_key(image_id),
            _original(row),
            object_keys.sidecar_key(image_id),
        ):
            self.store.delete(key)
        if row.claim:
            self.records.compare_and_swap(going, _bare(going))
        else:
            self.records.delete(image_id)


def _is_there(row: ImageRecord) -> bool:
    half_deleted = row.state is State.DELETED and row.created_at is not None
    return row.state is State.READY or half_deleted


def _belongs(row: ImageRecord, owner: str | None) -> bool:
    return owner is None or (row.owner == owner and owner != "")


def _original(row: ImageRecord) -> str:
    return row.original.key if row.original else object_keys.original_keys(row.id)[0]


def _bare(row: ImageRecord) -> ImageRecord:
    """Return what remains of a deleted image: its key, and nothing that was asked or drawn."""
    return ImageRecord(
        id=row.id,
        state=State.DELETED,
        requested_at=row.requested_at,
        lease_until=row.lease_until,
        owner=row.owner,
        claim=row.claim,
        fingerprint=row.fingerprint,
    )
