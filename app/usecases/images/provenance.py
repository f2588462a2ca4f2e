"""What an image's file tells of where the image comes from, by its row."""

from dataclasses import dataclass

from app.errors import ImageNotFound
from app.imaging import Provenance
from app.models import ImageRecord, object_keys
from app.ports import ImageStore

_UNKNOWN = frozenset({"import", ""})  # made elsewhere, or of a row whose note was lost
_RULES = "offline"  # drawn by an algorithm that nothing was trained for: no AI


@dataclass(frozen=True)
class ProvenanceBuilder:
    """Tells origins; the words that were drawn only if `with_prompts`, for they may be private."""

    with_prompts: bool = False

    def of(self, row: ImageRecord) -> Provenance:
        """Return the origin: the same whenever and by whomever the image is cut out.

        All who draw but the offline painter are AI models, so one that is added is marked as such.
        """
        if row.provider in _UNKNOWN:
            return Provenance(id=row.id, source=None, model=row.model)
        return Provenance(
            id=row.id,
            source="algorithmicMedia" if row.provider == _RULES else "trainedAlgorithmicMedia",
            created=row.requested_at,
            model=row.model,
            prompt=row.new_prompt if self.with_prompts else "",
        )


def forgotten(store: ImageStore, row: ImageRecord) -> bytes:
    """Return the stored image if it may know more of its origin than the row, else b"".

    A row that was rebuilt without its note knows nothing, but the image's file may still tell.

    Raises:
        StorageUnavailable: nobody can tell.
    """
    try:
        return b"" if row.provider else store.get(object_keys.image_key(row.id)).data
    except ImageNotFound:
        return b""
