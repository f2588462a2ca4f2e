"""The Records port on MongoDB."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.models import Generation, Page, Position, State
from app.services.documents import from_document, to_document
from app.services.lazy import Lazy

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

Document = dict[str, Any]

_TIMEOUT_MS = 2500


class MongoRecords:
    """Keeps a document per generation in the collection `generations`.

    The client and the indexes are made at first use, after the server has forked; making an index
    that is there already does nothing, so workers that start together don't disturb each other.

    Args:
        uri: as MongoDB defines it, with all options.
        database: name of the database.
        client: an open client to use instead of making one from the uri.
    """

    def __init__(
        self, *, uri: str, database: str, client: "MongoClient[Document] | None" = None
    ) -> None:
        self._database = database
        self._indexed = False
        self._client: Lazy[MongoClient[Document]] = Lazy(lambda: client or _make_client(uri))

    def insert(self, generation: Generation) -> None:
        """See Records."""
        with _translated():
            self._collection().insert_one(_with_key(generation))

    def replace(self, generation: Generation) -> None:
        """See Records."""
        with _translated():
            self._collection().replace_one({"_id": generation.id}, _with_key(generation))

    def get(self, image_id: str) -> Generation | None:
        """See Records."""
        with _translated():
            document = self._collection().find_one({"_id": image_id})
        return _without_key(document) if document else None

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        after: Position | None = None,
        words: Sequence[str] = (),
    ) -> Page:
        """See Records."""
        chosen: Document = {"state": str(State.READY)}
        if words:
            chosen["tokens"] = {"$all": list(words)}
        with _translated():
            found = self._collection().find(chosen | _behind(after))
            newest_first = found.sort([("created_at", -1), ("_id", -1)])
            rows = [_without_key(row) for row in newest_first.skip(offset).limit(limit + 1)]
            total = self._collection().count_documents(chosen)
        return Page(rows=rows[:limit], total=total, more=len(rows) > limit)

    def delete(self, image_id: str) -> None:
        """See Records."""
        with _translated():
            self._collection().delete_one({"_id": image_id})

    def ping(self) -> None:
        """See Records."""
        with _translated():
            self._client().admin.command("ping")

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()

    def _collection(self) -> "Collection[Document]":
        collection = self._client()[self._database]["generations"]
        if not self._indexed:
            _make_indexes(collection)
            self._indexed = True
        return collection


def _behind(after: Position | None) -> Document:
    if after is None:
        return {}
    same_time = {"created_at": after.created_at, "_id": {"$lt": after.id}}
    return {"$or": [{"created_at": {"$lt": after.created_at}}, same_time]}


def _with_key(generation: Generation) -> Document:
    document = to_document(generation)
    return {"_id": document.pop("id"), **document}


def _without_key(document: Mapping[str, Any]) -> Generation:
    return from_document({**document, "id": document["_id"]})


def _make_client(uri: str) -> "MongoClient[Document]":
    from pymongo import MongoClient

    return MongoClient(
        uri,
        tz_aware=True,
        connectTimeoutMS=_TIMEOUT_MS,
        timeoutMS=_TIMEOUT_MS,  # for a whole call, with finding the server and all retries
    )


def _make_indexes(collection: "Collection[Document]") -> None:
    collection.create_index([("state", 1), ("created_at", -1), ("_id", -1)], name="newest")
    collection.create_index([("tokens", 1), ("created_at", -1)], name="words")


@contextmanager
def _translated() -> Iterator[None]:
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        raise RecordsUnavailable(f"MongoDB: {type(error).__name__}") from None
