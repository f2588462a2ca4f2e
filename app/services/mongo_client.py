"""The MongoDB client, and the one place where its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.errors import RecordsUnavailable

if TYPE_CHECKING:
    from pymongo import MongoClient

_TIMEOUT_MS = 2500


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
def translated() -> Iterator[None]:
    """Turn every error of the SDK into one of ours."""
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        raise RecordsUnavailable(f"MongoDB: {type(error).__name__}") from None
