"""List records and objects by image; read one image consistently."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from app.models import ImageRecord, object_keys
from app.ports import ImageRecords, ImageStore
from app.usecases.reconcile.diagnosis import ImageSnapshot

_PAGE_SIZE = 500  # records that are read together
_Entry = tuple[str, ImageRecord | str]


@dataclass(frozen=True)
class Inventory:
    """Reads records together with the keys of their objects."""

    store: ImageStore
    records: ImageRecords

    def images(self) -> Iterator[ImageSnapshot]:
        """Yield every image that has a record or an object, in the order of ids.

        The three listings are sorted by id and merged while they are read, so a million images
        take no more memory than a thousand. They are read at different times, so a discrepancy
        may only be a change that happened in between.
        """
        streams = (
            ((record.id, record) for record in self._records() if object_keys.is_id(record.id)),
            _by_id(self.store.keys(object_keys.ORIGINALS)),
            _by_id(self.store.keys(object_keys.IMAGES)),
        )
        merged: Iterator[_Entry] = heapq.merge(*streams, key=itemgetter(0))
        for image_id, entries in groupby(merged, key=itemgetter(0)):
            yield _snapshot(image_id, (value for _, value in entries))

    def read(self, image_id: str) -> ImageSnapshot | None:
        """Return the state of an image, or None if it is being changed.

        Records are inserted before their objects are stored and deleted after them, so the keys
        that are listed between two equal reads of the record belong to it.
        """
        record = self.records.get(image_id)
        listed = chain.from_iterable(
            self.store.keys(prefix) for prefix in object_keys.key_prefixes(image_id)
        )
        keys = frozenset(key for key in listed if object_keys.id_of_key(key))
        is_unchanged = self.records.get(image_id) == record
        return ImageSnapshot(image_id, record, keys) if is_unchanged else None

    def _records(self) -> Iterator[ImageRecord]:
        after = ""
        while records := self.records.scan(after=after, limit=_PAGE_SIZE):
            yield from records
            after = records[-1].id


def _by_id(keys: Iterable[str]) -> Iterator[_Entry]:
    # Foreign keys in the bucket are ignored: they are not sorted by id.
    return ((image_id, key) for key in keys if (image_id := object_keys.id_of_key(key)))


def _snapshot(image_id: str, entries: Iterable[ImageRecord | str]) -> ImageSnapshot:
    record, keys = None, set[str]()
    for entry in entries:
        if isinstance(entry, str):
            keys.add(entry)
        else:
            record = entry
    return ImageSnapshot(image_id, record, frozenset(keys))
