"""The MongoDB client, and the one place where its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

_TIMEOUT_MS = 2500


class MongoDatabase:
    """One database with all collections; its client is made at first use, after the server forked.

    Args:
        uri: as MongoDB defines it, with all options.
        name: of the database.
        client: an open client to use instead of making one from the uri.
    """

    def __init__(
        self, *, uri: str, name: str, client: "MongoClient[dict[str, Any]] | None" = None
    ) -> None:
        self._name = name
        self._client: LazyClient[MongoClient[dict[str, Any]]] = LazyClient(
            lambda: client or make_client(uri)
        )

    def client(self) -> "MongoClient[dict[str, Any]]":
        """Return the client of this process."""
        return self._client()

    def collection(self, name: str) -> "Collection[dict[str, Any]]":
        """Return a collection of this database."""
        return self._client()[self._name][name]

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()


def make_client(uri: str) -> "MongoClient[dict[str, Any]]":
    """Make a client whose calls end in time, whatever the server does."""
    from pymongo import MongoClient

    return MongoClient(
        uri,
        tz_aware=True,
        connectTimeoutMS=_TIMEOUT_MS,
        timeoutMS=_TIMEOUT_MS,  # for a whole call, with finding the server and all retries
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn every error of the SDK into one of ours."""
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        raise RecordsUnavailable(f"MongoDB: {type(error).__name__}") from None
