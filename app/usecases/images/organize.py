"""Set the tags and the star of an image."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import ImageNotFound, RecordsUnavailable, StorageUnavailable
from app.models import ImageRecord, State, object_keys
from app.ports import ImageRecords, ImageStore
from app.usecases.generation import sidecar
from app.usecases.images.images import Images, undo_if_deleted

_MAX_TRIES = 5  # other requests may be changing the image at the same moment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OrganizeImages:
    """Changes what callers note about their images.

    Args:
        records: store the records.
        store: contains the sidecars.
        images: checks owners.
    """

    records: ImageRecords
    store: ImageStore
    images: Images

    def __call__(
        self,
        image_id: str,
        *,
        tags: Sequence[str] | None = None,
        starred: bool | None = None,
        owner: str | None = None,
    ) -> ImageRecord:
        """Set the normalized tags, the star, or both; None leaves one as it is.

        Raises:
            ImageNotFound: there is no such image, or it is not in the list.
            RecordsUnavailable: the records are unreachable, or others keep changing the record.
        """
        for _ in range(_MAX_TRIES):
            record = self.images.record(image_id, owner=owner)
            if record.state is not State.READY:
                raise ImageNotFound(image_id)
            changed = record.organized(
                record.tags if tags is None else tags,
                starred=record.starred if starred is None else starred,
            )
            if changed == record:
                return record
            if self.records.compare_and_swap(record, changed):
                self._update_sidecar(changed)
                return changed
        raise RecordsUnavailable(f"{image_id} is being changed by others")

    def _update_sidecar(self, record: ImageRecord) -> None:
        """Write the sidecar, which only a rebuilt record needs; a failure is only logged."""
        if record.original is None:
            return
        key = object_keys.sidecar_key(record.id)
        try:
            self.store.put(key, sidecar.write(record), content_type=object_keys.JSON)
            undo_if_deleted(self.records, self.store, record.id, (key,))
        except (StorageUnavailable, RecordsUnavailable) as error:
            _log.warning("the sidecar of %s keeps its former tags: %s", record.id, error.detail)
