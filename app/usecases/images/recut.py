"""Cut images out again from their originals, with the current cutout."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import AppError
from app.imaging import UnusableImage
from app.models import ImageRecord, State, object_keys
from app.ports import ImageCache, ImageRecords, ImageStore
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.images.images import undo_if_deleted
from app.usecases.images.originals import verify

_PAGE_SIZE = 100  # records that are read together
_NO_CACHE = "Redis does not respond, and may keep the old image for 20 hours"


@dataclass(frozen=True, kw_only=True)
class RecutResult:
    """An image before and after, or the problem that left it unchanged."""

    record: ImageRecord
    before: bytes = b""
    after: bytes = b""
    problem: str = ""

    @property
    def changed(self) -> bool:
        """Whether the current cutout produces a different image."""
        return not self.problem and self.before != self.after


@dataclass(frozen=True, kw_only=True)
class RecutImages:
    """Cuts out all ready images again, free of charge.

    Args:
        records: the images' records.
        store: the image store, without its cache.
        finalizer: cuts out the images.
        cache: must respond before an image changes in place, or it would keep the old one.
    """

    records: ImageRecords
    store: ImageStore
    finalizer: ImageFinalizer
    cache: ImageCache

    def __call__(self, *, in_place: bool) -> Iterator[RecutResult]:
        """Yield all images by id; with `in_place`, replace those that changed.

        Raises:
            RecordsUnavailable: the records can't be read.
        """
        after = ""
        while records := self.records.scan(after=after, limit=_PAGE_SIZE):
            after = records[-1].id
            for record in records:
                if record.state is State.READY and record.original and record.image:
                    original_key, image_key = record.original.key, record.image.key
                    yield self._recut(record, original_key, image_key, in_place=in_place)

    def _recut(
        self, record: ImageRecord, original_key: str, image_key: str, *, in_place: bool
    ) -> RecutResult:
        try:
            before = self.store.get(image_key).data
            original = verify(self.store.get(original_key).data, record.original)
            recut, png = self.finalizer.cut_out(record, original)
            if in_place and (png != before or recut != record):
                if not self.cache.is_up():
                    return RecutResult(record=record, problem=_NO_CACHE)
                self.store.put(image_key, png, content_type=object_keys.PNG)
                written = self._write(record, recut)
                undo_if_deleted(self.records, self.store, record.id, (image_key,))
                if not written:
                    self._put_back(record.id, image_key, (before, png))
                    return RecutResult(record=record, problem="the record changed in the meantime")
        except (AppError, UnusableImage) as error:
            return RecutResult(record=record, problem=str(error))
        return RecutResult(record=recut, before=before, after=png)

    def _put_back(self, image_id: str, image_key: str, images: tuple[bytes, ...]) -> None:
        """Store the image of the record, in case it was in the trash for a moment meanwhile."""
        current = self.records.get(image_id)
        if current is None or current.state is not State.READY or current.image is None:
            return
        for data in images:
            if hashlib.sha256(data).hexdigest() == current.image.sha256:
                self.store.put(image_key, data, content_type=object_keys.PNG)
                undo_if_deleted(self.records, self.store, image_id, (image_key,))
                return

    def _write(self, record: ImageRecord, recut: ImageRecord) -> bool:
        """Replace the record, also if only its tags or star have changed in the meantime."""
        if self.records.compare_and_swap(record, recut):
            return True
        current = self.records.get(record.id)
        if current is None or current.state is not State.READY or recut.image is None:
            return False
        return current.image == record.image and self.records.compare_and_swap(
            current, current.ready(recut.image)
        )
