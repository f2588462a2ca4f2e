"""Reads, lists and removes pictures that were made."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import ImageNotFound
from app.models import Generation, Page, Position, State, StoredImage
from app.ports import ImageStore, Records
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

    def delete(self, image_id: str) -> None:
        """Remove the objects first and the row last, so that a failure half-way can be repeated.

        Raises:
            ImageNotFound: there is none.
            StorageUnavailable: perhaps not all of it was removed.
            RecordsUnavailable: the row is still there.
        """
        generation = self.record(image_id)
        self.store.delete(f"images/{image_id}.png")
        if generation.original:
            self.store.delete(generation.original.key)
        self.records.delete(image_id)
