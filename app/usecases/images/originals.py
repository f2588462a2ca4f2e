"""Read originals with the options that their images were cut out with."""

import hashlib
import logging
from dataclasses import dataclass

from app.errors import ImageNotFound, ObjectDamaged, OriginalMissing
from app.imaging import CutoutOptions, VariantSource
from app.models import ImageRecord, Original, StoredImage, object_keys, shown_subject
from app.ports import ImageStore
from app.usecases.generation import sidecar

_log = logging.getLogger(__name__)


def options_of(record: ImageRecord) -> CutoutOptions:
    """Return the options of a record's image.

    What the image shows is taken from the caller's prompt, since an enhanced one also mentions
    much that isn't the subject.
    """
    subject = shown_subject(record.inputs, record.prompt or record.subject)
    return CutoutOptions.from_document(record.cutout_options, subject=subject)


def matches(data: bytes, original: Original | None) -> bool:
    """Return whether the data has the hash of the original, if that is known."""
    if original is None or not object_keys.is_sha256(original.sha256):
        return True
    return hashlib.sha256(data).hexdigest() == original.sha256


def verify(data: bytes, original: Original | None) -> bytes:
    """Return the data if it has the hash of the original, or that is unknown.

    Raises:
        ObjectDamaged: it has another hash.
    """
    return verify_hash(data, original.sha256, original.key) if original else data


def verify_hash(data: bytes, sha256: str, key: str) -> bytes:
    """Return the data if it has this hash, or that is unknown.

    Raises:
        ObjectDamaged: it has another hash.
    """
    if object_keys.is_sha256(sha256) and hashlib.sha256(data).hexdigest() != sha256:
        raise ObjectDamaged(f"{key} does not have the hash in the record")
    return data


@dataclass(frozen=True)
class Originals:
    """Reads originals and their sidecars. Needs no records.

    Args:
        store: contains them.
    """

    store: ImageStore

    def fetch(self, image_id: str) -> VariantSource:
        """Return an image's original and options.

        Without a sidecar, or with a damaged one, the options are the default.

        Raises:
            OriginalMissing: the store has no original of the image.
            ObjectDamaged: the store returned something else.
            StorageUnavailable: the store is unreachable.
        """
        keys = list(object_keys.original_keys(image_id))
        options, known = CutoutOptions(), None
        stored = self._get(object_keys.sidecar_key(image_id))
        if stored is None:
            _log.warning("the original of %s has no sidecar", image_id)
        else:
            record = sidecar.read(image_id, stored.data, found_at=stored.modified)
            options = options_of(record)
            known = record.original
            if known:  # the right key saves requests for the others
                keys.remove(known.key)
                keys.insert(0, known.key)
        for key in keys:
            if original := self._get(key):
                expected = known if known and known.key == key else None
                return VariantSource(verify(original.data, expected), options)
        raise OriginalMissing(f"{image_id}: no original in the store")

    def _get(self, key: str) -> StoredImage | None:
        try:
            return self.store.get(key)
        except ImageNotFound:
            return None
