"""Goes through all rows and objects in step, and looks twice at a single one."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from app.models import Generation
from app.ports import ImageStore, Records
from app.usecases.reconcile.kinds import Seen, is_id

_ROWS_AT_ONCE = 500
_Entry = tuple[str, Generation | str]


@dataclass(frozen=True)
class Eyes:
    """Sees what there is."""

    store: ImageStore
    records: Records

    def everything(self) -> Iterator[Seen]:
        """Yield each picture by its id, whether rows, objects or both tell of it.

        The three listings come in the order of ids and are merged as they come, so a million
        pictures take no more memory than a thousand. They are of different moments: what looks
        wrong here may only be new.
        """
        streams = (
            ((row.id, row) for row in self._rows()),
            _by_id(self.store.keys("originals/")),
            _by_id(self.store.keys("images/")),
        )
        merged: Iterator[_Entry] = heapq.merge(*streams, key=itemgetter(0))
        for image_id, entries in groupby(merged, key=itemgetter(0)):
            if is_id(image_id):
                yield _gather(image_id, (found for _, found in entries))

    def look(self, image_id: str) -> Seen | None:
        """Return the picture as it is now, or None if somebody is changing it.

        Rows are made before their objects and go after them: only what is found between two
        equal rows belongs to them.
        """
        row = self.records.get(image_id)
        originals = self.store.keys(f"originals/{image_id}.")
        keys = frozenset(chain(originals, self.store.keys(f"images/{image_id}.")))
        return Seen(image_id, row, keys) if self.records.get(image_id) == row else None

    def _rows(self) -> Iterator[Generation]:
        after = ""
        while rows := self.records.scan(after=after, limit=_ROWS_AT_ONCE):
            yield from rows
            after = rows[-1].id


def id_of(key: str) -> str:
    """Return the id in a key such as `images/<id>.png`."""
    return key.rpartition("/")[2].partition(".")[0]


def _by_id(keys: Iterable[str]) -> Iterator[_Entry]:
    return ((id_of(key), key) for key in keys)


def _gather(image_id: str, entries: Iterable[Generation | str]) -> Seen:
    row, keys = None, set[str]()
    for entry in entries:
        if isinstance(entry, str):
            keys.add(entry)
        else:
            row = entry
    return Seen(image_id, row, frozenset(keys))
