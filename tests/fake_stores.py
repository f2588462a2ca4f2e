"""Fakes of the ports that keep things: pictures, cached values, rows."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.errors import ImageNotFound, RecordsUnavailable
from app.models import Generation, Page, Position, State, StoredImage
from tests.scripted import Scripted


class FakeStore(Scripted):
    """Keeps objects in a dictionary; steps are named after the folder, as in `put images`."""

    def __init__(self, events: list[str], name: str = "store") -> None:
        super().__init__(events)
        self.name = name
        self.objects: dict[str, StoredImage] = {}

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.step(f"put {_folder(key)}")
        modified = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.objects[key] = StoredImage(data=data, content_type=content_type, modified=modified)

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        self.step(f"get {_folder(key)}")
        if key not in self.objects:
            raise ImageNotFound(key)
        return self.objects[key]

    def delete(self, key: str) -> None:
        """See ImageStore."""
        self.step(f"delete {_folder(key)}")
        self.objects.pop(key, None)

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return f"https://bucket.test/{key}"

    def ping(self) -> None:
        """See ImageStore."""
        self.step("ping")


class FakeCache(Scripted):
    """Keeps entries in a dictionary."""

    name = "cache"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.entries: dict[str, bytes] = {}
        self.up = True

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        self.step("get")
        return self.entries.get(key)

    def put(self, key: str, value: bytes) -> None:
        """See Cache."""
        self.step("put")
        self.entries[key] = value

    def delete(self, key: str) -> None:
        """See Cache."""
        self.step("delete")
        self.entries.pop(key, None)

    def is_up(self) -> bool:
        """See Cache."""
        return self.up


class FakeRecords(Scripted):
    """Keeps rows in a dictionary, and every version of them in `history`."""

    name = "records"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.rows: dict[str, Generation] = {}
        self.history: list[Generation] = []

    def insert(self, generation: Generation) -> None:
        """See Records."""
        self.step("insert")
        if generation.id in self.rows:
            raise RecordsUnavailable("this id is there already")
        self._write(generation)

    def replace(self, generation: Generation) -> None:
        """See Records."""
        self.step("replace")
        if generation.id in self.rows:
            self._write(generation)

    def get(self, image_id: str) -> Generation | None:
        """See Records."""
        self.step("get")
        return self.rows.get(image_id)

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        after: Position | None = None,
        words: Sequence[str] = (),
    ) -> Page:
        """See Records."""
        self.step("page")
        ready = [row for row in self.rows.values() if row.state is State.READY]
        chosen = [row for row in ready if set(words) <= set(row.tokens)]
        chosen.sort(key=_place, reverse=True)
        rest = [row for row in chosen if not after or _place(row) < (after.created_at, after.id)]
        rows = rest[offset : offset + limit]
        return Page(rows=rows, total=len(chosen), more=len(rest) > offset + limit)

    def delete(self, image_id: str) -> None:
        """See Records."""
        self.step("delete")
        self.rows.pop(image_id, None)

    def ping(self) -> None:
        """See Records."""
        self.step("ping")

    def _write(self, generation: Generation) -> None:
        self.rows[generation.id] = generation
        self.history.append(generation)


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _place(row: Generation) -> tuple[datetime, str]:
    return row.created_at or row.requested_at, row.id
