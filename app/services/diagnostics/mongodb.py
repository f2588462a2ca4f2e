"""Checks MongoDB: reachable, the indexes, and whether rows can be written."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.models import Finding, Level
from app.services.diagnostics.findings import About, Trouble
from app.services.mongodb.indexes import INDEXES

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection
    from pymongo.errors import OperationFailure

Document = dict[str, Any]

_ABOUT = About("records")
_TIMEOUT_MS = 2500  # for a whole call, as in the service
_REFUSALS = {
    13: ("this user may not do what the service needs", "give the user the role readWrite"),
    18: ("the user name or the password is refused", "correct MONGODB_URI"),
    8000: ("the user name or the password is refused", "correct MONGODB_URI"),
}


def check_database(*, uri: str, database: str) -> Iterator[Finding]:
    """Look for the server, then at its indexes, then write a row and delete it."""
    try:
        with _reported():
            client = _client(uri)
    except Trouble as trouble:
        yield _ABOUT.failed("server", trouble.found, trouble.advice)
        return
    with contextlib.closing(client):
        reached = _ABOUT.step("server", lambda: _ping(client))
        yield reached
        if reached.level is Level.OK:
            collection = client[database]["generations"]
            yield _indexes(collection)
            yield _ABOUT.step("write", lambda: _write(collection))


def _client(uri: str) -> "MongoClient[Document]":
    from pymongo import MongoClient

    return MongoClient(uri, connectTimeoutMS=_TIMEOUT_MS, timeoutMS=_TIMEOUT_MS)


def _ping(client: "MongoClient[Document]") -> str:
    with _reported():
        client.admin.command("ping")
    return "MongoDB answers"


def _indexes(collection: "Collection[Document]") -> Finding:
    try:
        with _reported():
            there = collection.index_information()
            used = collection.find_one({}, {"_id": 1}) is not None
    except Trouble as trouble:
        return _ABOUT.failed("indexes", trouble.found, trouble.advice)
    other = [name for name in INDEXES if name in there and there[name]["key"] != INDEXES[name]]
    if other:
        advice = "drop them; the service makes its own at its next start"
        return _ABOUT.failed("indexes", f"other than needed: {', '.join(other)}", advice)
    missing = [name for name in INDEXES if name not in there]
    if missing and used:
        advice = "start the service: it makes them at its first use"
        return _ABOUT.warning("indexes", f"missing: {', '.join(missing)}", advice)
    if missing:
        return _ABOUT.ok("indexes", "not made yet: the service does that at its first use")
    return _ABOUT.ok("indexes", f"all are there: {', '.join(INDEXES)}")


def _write(collection: "Collection[Document]") -> str:
    """Write a row of a state that nothing lists, under an id that no image can have."""
    probe = {"_id": f"doctor-{uuid.uuid4().hex}"}
    with _reported():
        collection.insert_one({**probe, "state": "doctor"})
        try:
            found = collection.find_one(probe)
        finally:
            collection.delete_one(probe)
    if found is None:
        raise Trouble("a row that was written is not there", "look at the deployment's settings")
    return "a row was written, read back and deleted"


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Turn every error of the SDK into Trouble, without a word of the server."""
    from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

    try:
        yield
    except OperationFailure as error:
        raise _refused(error) from None
    except (ConfigurationError, ValueError, TypeError) as error:
        found = f"this address can't be used ({type(error).__name__})"
        raise Trouble(found, "correct MONGODB_URI, its options included") from None
    except PyMongoError as error:
        found = f"MongoDB gives no answer ({type(error).__name__})"
        advice = "see that it can be reached from here; check MONGODB_URI and the network"
        raise Trouble(found, advice) from None


def _refused(error: "OperationFailure") -> Trouble:
    if error.code in _REFUSALS:
        return Trouble(*_REFUSALS[error.code])
    return Trouble(f"MongoDB refuses this (code {error.code})", "look at the server's log")
