"""Goes through all rows and objects in step, and looks twice at a single one."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from app.models import ImageRecord, object_keys
from app.ports import ImageRecords, ImageStore
from app.usecases.reconcile.diagnosis import ObservedState

_PAGE_SIZE = 500  # records that are read together
_Entry = tuple[str, ImageRecord | str]


@dataclass(frozen=True)
class Inventory:
    """Sees what there is."""

    store: ImageStore
    records: ImageRecords

    def everything(self) -> Iterator[ObservedState]:
        """Yield each image by its id, whether rows, objects or both tell of it.

        The three listings come in the order of ids and are merged as they come, so a million
        images take no more memory than a thousand. They are of different moments: what looks
        wrong here may only be new.
        """
        streams = (
            ((record.id, record) for record in self._records() if object_keys.is_id(record.id)),
            _by_id(self.store.keys(object_keys.ORIGINALS)),
            _by_id(self.store.keys(object_keys.IMAGES)),
        )
        merged: Iterator[_Entry] = heapq.merge(*streams, key=itemgetter(0))
        for image_id, entries in groupby(merged, key=itemgetter(0)):
            yield _gather(image_id, (found for _, found in entries))

    def look(self, image_id: str) -> ObservedState | None:
        """Return the image as it is now, or None if somebody is changing it.

        Rows are made before their objects and go after them: only what is found between two
        equal rows belongs to them.
        """
        record = self.records.get(image_id)
        found = chain.from_iterable(
            self.store.keys(prefix) for prefix in object_keys.key_prefixes(image_id)
        )
        keys = frozenset(key for key in found if object_keys.id_of_key(key))
        is_unchanged = self.records.get(image_id) == record
        return ObservedState(image_id, record, keys) if is_unchanged else None

    def _records(self) -> Iterator[ImageRecord]:
        after = ""
        while records := self.records.scan(after=after, limit=_PAGE_SIZE):
            yield from records
            after = records[-1].id


def _by_id(keys: Iterable[str]) -> Iterator[_Entry]:
    # Other names would not only be none of our business: they need not be in the order of ids.
    return ((image_id, key) for key in keys if (image_id := object_keys.id_of_key(key)))


def _gather(image_id: str, entries: Iterable[ImageRecord | str]) -> ObservedState:
    record, keys = None, set[str]()
    for entry in entries:
        if isinstance(entry, str):
            keys.add(entry)
        else:
            record = entry
    return ObservedState(image_id, record, frozenset(keys))
