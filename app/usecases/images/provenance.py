"""Provenance that an image's file states, derived from its record."""

from dataclasses import dataclass

from app.errors import ImageNotFound
from app.imaging import Provenance
from app.models import ImageRecord, object_keys
from app.ports import ImageStore

IMPORTED = "import"
"""The provider of an imported image whose own one is unknown."""

_OFFLINE = "offline"  # draws by rules, without anything trained: no AI


@dataclass(frozen=True)
class ProvenanceBuilder:
    """Builds the provenance; includes prompts only if `with_prompts`, for they may be private."""

    with_prompts: bool = False

    def of(self, record: ImageRecord) -> Provenance:
        """Return the provenance, which is the same whenever and wherever the image is cut out.

        Every provider but the offline one counts as an AI model, so a new one is marked as such.
        """
        if record.provider in {IMPORTED, ""}:  # made elsewhere, or rebuilt without a note
            return Provenance(id=record.id, source=None, model=record.model)
        is_ai = record.provider != _OFFLINE
        return Provenance(
            id=record.id,
            source="trainedAlgorithmicMedia" if is_ai else "algorithmicMedia",
            created=record.requested_at,
            model=record.model,
            prompt=record.new_prompt if self.with_prompts else "",
        )


def image_with_lost_provenance(store: ImageStore, record: ImageRecord) -> bytes:
    """Return the stored image if it may state more than the record knows, else b"".

    A record that was rebuilt without its note knows nothing, but the image's file may.

    Raises:
        StorageUnavailable: the store is unreachable.
    """
    try:
        return b"" if record.provider else store.get(object_keys.image_key(record.id)).data
    except ImageNotFound:
        return b""
