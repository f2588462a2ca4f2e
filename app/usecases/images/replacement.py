"""Let an image take the place of another, whose address then redirects to it.

The record is changed before anything is removed. A crash in between leaves an image that is no
longer listed, and that a repeated request or reconciliation removes. The original of a replaced
image stays.
"""

from dataclasses import dataclass

from app.errors import GenerationInProgress, ImageNotFound
from app.models import ImageRecord, State, object_keys
from app.ports import Clock, ImageRecords, ImageStore
from app.usecases.generation import sidecar
from app.usecases.images.images import undo_if_deleted, versions_of

_IN_PROGRESS = "Other requests are replacing this image. Send the same request again."
_MAX_TRIES = 5  # other servers may be replacing the image at the same moment


@dataclass(frozen=True, kw_only=True)
class ReplaceImage:
    """Replaces images, and removes what is left of them except for the original."""

    records: ImageRecords
    store: ImageStore
    clock: Clock

    def __call__(self, old: ImageRecord, new: ImageRecord) -> None:
        """Replace the newest version of an image by a ready image.

        Repeating this after a failure completes it. Nothing changes if the new image was itself
        replaced in the meantime.

        Raises:
            ImageNotFound: the image was deleted, or moved to the trash, in the meantime.
            GenerationInProgress: other servers keep replacing the image.
            StorageUnavailable: it is replaced, but its image is still stored.
            RecordsUnavailable: nothing was replaced, or it is unknown whether it was.
        """
        for _ in range(_MAX_TRIES):
            *earlier, newest = versions_of(self.records, old)
            if not newest.is_finished:
                raise ImageNotFound(newest.id)
            if newest.id == new.id:
                return self._remove_images(earlier[-1:])
            if new.state is State.REPLACED or new.id in {version.id for version in earlier}:
                return None
            replaced = newest.replaced(new.id, self.clock.now())
            if not self._inherit(new, newest):
                continue
            if self.records.compare_and_swap(newest, replaced):
                return self._remove_images([replaced])
            old = self.records.get(old.id) or old
        raise GenerationInProgress(f"{old.id} is being replaced by others", message=_IN_PROGRESS)

    def _inherit(self, new: ImageRecord, old: ImageRecord) -> bool:
        """Give the new image the tags, star and group of the old one; return whether it has them.

        This comes before the replacement. After a crash in between, both images have them.
        """
        current = self.records.get(new.id)
        if current is None or current.state is not State.READY:
            return True
        successor = current.succeeding(old)
        return successor == current or self.records.compare_and_swap(current, successor)

    def remove_image(self, record: ImageRecord) -> None:
        """Write the sidecar of a replaced image, then remove the image.

        A record that is rebuilt from the sidecar is then replaced too.

        Raises:
            StorageUnavailable: the store is unreachable.
        """
        if record.original:
            key = object_keys.sidecar_key(record.id)
            self.store.put(key, sidecar.write(record), content_type=object_keys.JSON)
            undo_if_deleted(self.records, self.store, record.id, (key,))
        self.store.delete(object_keys.image_key(record.id))

    def _remove_images(self, records: list[ImageRecord]) -> None:
        for record in records:
            self.remove_image(record)
