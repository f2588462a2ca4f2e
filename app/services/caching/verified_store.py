"""An image store whose objects are verified before anything is done with them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.errors import ObjectDamaged, RecordsUnavailable
from app.models import StoredImage, object_keys
from app.ports import ImageRecords
from app.services.caching.object_checks import problem_with
from app.services.caching.store_wrapper import StoreWrapper


@dataclass(frozen=True, kw_only=True)
class VerifiedStore(StoreWrapper):
    """Raises ObjectDamaged for an object that can't be the right one.

    Type, format, completeness and the id in the object are always checked. Its SHA-256 is compared
    by the store itself, if it keeps one with each object; otherwise with the record's, if that is
    available.

    Args:
        store: the store.
        records: contain the hashes of older objects; None for a store without a network, whose
            objects nothing can exchange on the way.
        count: called with the kind of each object that is refused.
    """

    records: ImageRecords | None = None
    count: Callable[[str], None] = lambda _kind: None

    def get(self, key: str) -> StoredImage:
        """See ImageStore.

        Raises:
            ObjectDamaged: the object is not the right one.
        """
        if object_keys.id_of_key(key) is None:
            return self.store.get(key)
        try:
            stored = self.store.get(key)
            problem = problem_with(key, stored) or self._problem_with_hash(key, stored)
            if problem:
                raise ObjectDamaged(f"{key}: {problem}")
        except ObjectDamaged:
            self.count(object_keys.kind_of(key))
            raise
        return replace(stored, content_type=object_keys.content_type_of(key))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        getattr(self.store, "close", lambda: None)()

    def _problem_with_hash(self, key: str, stored: StoredImage) -> str:
        if stored.verified or self.records is None:
            return ""
        sha256 = _recorded_sha256(self.records, key)
        if not sha256 or hashlib.sha256(stored.data).hexdigest() == sha256:
            return ""
        return "it does not have the hash in the record"


def _recorded_sha256(records: ImageRecords, key: str) -> str:
    """Return the hash in the record, or "" if there is none, or the records are unavailable."""
    try:
        record = records.get(object_keys.split_key(key)[1])
    except RecordsUnavailable:  # images can be read without them
        return ""
    for part in (record.original, record.image) if record else ():
        if part and part.key == key and object_keys.is_sha256(part.sha256):
            return part.sha256
    return ""
