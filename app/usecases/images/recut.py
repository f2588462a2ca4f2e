"""Makes images anew from their originals, with the cutout as it is today."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import AppError
from app.imaging import UnusableImage
from app.models import ImageRecord, State, object_keys
from app.ports import Ports
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.cleanup import take_back_if_deleted

_AT_ONCE = 100  # rows that are read together


@dataclass(frozen=True, kw_only=True)
class RecutResult:
    """What became of one image: how it was and how it is now, or why there is nothing new."""

    row: ImageRecord
    before: bytes = b""
    after: bytes = b""
    trouble: str = ""

    @property
    def changed(self) -> bool:
        """Whether the cutout of today is another one."""
        return not self.trouble and self.before != self.after


@dataclass(frozen=True)
class RecutImages:
    """Goes through all images that are ready. It never pays.

    Args:
        ports: with a store that is read past the cache, and forgets what changes.
        keeper: makes and stores images.
    """

    ports: Ports
    keeper: ImageFinalizer

    def __call__(self, *, in_place: bool) -> Iterator[RecutResult]:
        """Yield each image, by id; with `in_place` what changed has taken the old one's place.

        Raises:
            RecordsUnavailable: the rows can't be read.
        """
        after = ""
        while rows := self.ports.records.scan(after=after, limit=_AT_ONCE):
            after = rows[-1].id
            for row in rows:
                if row.state is State.READY and row.original and row.image:
                    yield self._recut(row, row.original.key, row.image.key, in_place=in_place)

    def _recut(self, row: ImageRecord, original: str, image: str, *, in_place: bool) -> RecutResult:
        try:
            before = self.ports.store.get(image).data
            data = self.ports.store.get(original).data
            new, png = self.keeper.cut(row, data)
            if in_place and (png != before or new != row):
                self.ports.store.put(image, png, content_type=object_keys.PNG)
                written = self.ports.records.compare_and_swap(row, new)
                take_back_if_deleted(self.ports, row.id, (image,))
                if not written:
                    return RecutResult(row=row, trouble="the row was changed meanwhile")
        except (AppError, UnusableImage) as error:
            return RecutResult(row=row, trouble=str(error))
        return RecutResult(row=new, before=before, after=png)
