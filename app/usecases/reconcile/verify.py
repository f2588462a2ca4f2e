"""Compare the bytes of stored objects with the hashes in record and sidecar."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from app.errors import ImageNotFound, ObjectDamaged
from app.models import ImageRecord, Original, ProcessedImage, State, StoredImage, object_keys
from app.ports import ImageRecords, ImageStore
from app.usecases.generation import sidecar


class Verdict(StrEnum):
    """The result of a comparison."""

    OK = "ok"
    DAMAGED = "damaged"  # other bytes than those of the hash, or not such an object
    MISSING = "missing"
    UNKNOWN = "unknown"  # the record has no hash


@dataclass(frozen=True, slots=True)
class ObjectCheck:
    """The verdict on an object, and the number of its bytes."""

    key: str
    verdict: Verdict
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class VerifyImage:
    """Reads all objects of an image from the store, and compares them.

    `store` must bypass the cache.
    """

    store: ImageStore
    records: ImageRecords

    def __call__(self, record: ImageRecord) -> Iterator[ObjectCheck]:
        """Yield the checks of sidecar, original and, unless it was replaced, the image.

        Raises:
            StorageUnavailable: the store is unreachable.
        """
        note = self._get(object_keys.sidecar_key(record.id))
        yield _check(object_keys.sidecar_key(record.id), note, None, content_decides=True)
        saved = _original_of(record, note)
        known = record.original or saved
        key = known.key if known else object_keys.original_keys(record.id)[0]
        recorded = _with_hash(record.original)
        check = _check(key, self._get(key), recorded or _with_hash(saved))
        if recorded is None and check.verdict is Verdict.OK:
            check = replace(check, verdict=Verdict.UNKNOWN)  # until the record has the hash too
        yield check
        if not record.replaced_by:
            trashed = record.state is State.TRASHED
            key = (object_keys.trash_key if trashed else object_keys.image_key)(record.id)
            yield _check(key, self._get(key), _with_hash(record.image))

    def add_hash(self, record: ImageRecord) -> bool:
        """Add the hash of the original if the record lacks it and the sidecar agrees.

        Returns whether the record has it now.
        """
        note = self._get(object_keys.sidecar_key(record.id))
        saved = _with_hash(_original_of(record, note))
        if saved is None:
            return False
        checked = _check(saved.key, self._get(saved.key), saved)
        if checked.verdict is not Verdict.OK:
            return False
        return self.records.compare_and_swap(record, replace(record, original=saved))

    def _get(self, key: str) -> StoredImage | ObjectDamaged | None:
        try:
            return self.store.get(key)
        except ImageNotFound:
            return None
        except ObjectDamaged as error:
            return error


Part = Original | ProcessedImage
P = TypeVar("P", Original, ProcessedImage)


def _check(
    key: str,
    found: StoredImage | ObjectDamaged | None,
    part: Part | None,
    *,
    content_decides: bool = False,
) -> ObjectCheck:
    if found is None:
        return ObjectCheck(key, Verdict.MISSING)
    if isinstance(found, ObjectDamaged):
        return ObjectCheck(key, Verdict.DAMAGED)
    sha256 = hashlib.sha256(found.data).hexdigest()
    if content_decides:
        verdict = Verdict.OK
    elif part is None:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.OK if part.sha256 == sha256 else Verdict.DAMAGED
    return ObjectCheck(key, verdict, len(found.data), sha256)


def _original_of(record: ImageRecord, note: StoredImage | ObjectDamaged | None) -> Original | None:
    if not isinstance(note, StoredImage):
        return None
    return sidecar.read(record.id, note.data, found_at=note.modified).original


def _with_hash(part: P | None) -> P | None:
    return part if part and object_keys.is_sha256(part.sha256) else None
