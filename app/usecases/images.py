"""Reads, lists and removes pictures that were made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import ImageNotFound
from app.models import Generation, Page, Position, State, StoredImage
from app.ports import ImageStore, Records
from app.usecases import sidecar
from app.usecases.search import fold


@dataclass(frozen=True)
class Images:
    """The pictures that are ready."""

    store: ImageStore
    records: Records

    def fetch(self, image_id: str) -> StoredImage:
        """Return the cut-out picture; needs the store only, so it works without records.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: nobody can tell.
        """
        return self.store.get(f"images/{image_id}.png")

    def link(self, image_id: str) -> str:
        """Return an address at the store itself from which the picture can be read for an hour.

        The store isn't asked whether it has the picture; who follows the address will hear.

        Raises:
            StorageUnavailable: there is no such address.
        """
        return self.store.link(f"images/{image_id}.png")

    def owner_of(self, image_id: str) -> str:
        """Return the id of the caller that the picture was made for; "" for nobody's.

        Raises:
            ImageNotFound: there is none.
            RecordsUnavailable: nobody can tell.
        """
        return self.record(image_id).owner

    def record(self, image_id: str) -> Generation:
        """Return the row of a ready picture.

        Raises:
            ImageNotFound: there is none.
            RecordsUnavailable: nobody can tell.
        """
        generation = self.records.get(image_id)
        if generation is None or generation.state is not State.READY:
            raise ImageNotFound(image_id)
        return generation

    def page(
        self, *, limit: int, page: int = 1, after: Position | None = None, query: str = ""
    ) -> Page:
        """Return a page, newest first: by number, or behind a position; `query` filters by words.

        Raises:
            RecordsUnavailable: the list can't be read.
        """
        words: Sequence[str] = fold(query)
        offset = 0 if after else (page - 1) * limit
        return self.records.page(limit=limit, offset=offset, after=after, words=words)

    def version(self) -> int:
        """Return a number that is another one after every change of what pages show.

        Raises:
            RecordsUnavailable: nobody can tell.
        """
        return self.records.version()

    def delete(self, image_id: str) -> None:
        """Mark the row, remove the objects, and the row last: a failure half-way can be repeated.

        Of a picture with an Idempotency-Key a bare row stays for as long as keys are remembered,
        so that a late retry doesn't buy it again.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: perhaps not all of it was removed.
            RecordsUnavailable: nothing was removed, or only the row is left.
        """
        row = self.records.get(image_id)
        if row is None or not _is_there(row):
            raise ImageNotFound(image_id)
        going = replace(row, state=State.DELETED)
        if not self.records.exchange(row, going):
            raise ImageNotFound(image_id)
        for key in (f"images/{image_id}.png", _original(row), sidecar.key_of(image_id)):
            self.store.delete(key)
        if row.claim:
            self.records.exchange(going, _bare(going))
        else:
            self.records.delete(image_id)


def _is_there(row: Generation) -> bool:
    half_deleted = row.state is State.DELETED and row.created_at is not None
    return row.state is State.READY or half_deleted


def _original(row: Generation) -> str:
    return row.original.key if row.original else f"originals/{row.id}.png"


def _bare(row: Generation) -> Generation:
    """Return what remains of a deleted picture: its key, and nothing that was asked or drawn."""
    return Generation(
        id=row.id,
        state=State.DELETED,
        requested_at=row.requested_at,
        lease_until=row.lease_until,
        owner=row.owner,
        claim=row.claim,
        fingerprint=row.fingerprint,
    )
