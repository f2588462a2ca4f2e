"""Check MongoDB: connection, indexes and write access."""

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from app.models import Finding, Level
from app.services.diagnostics.findings import CheckFailed, FailureAdvice, FindingBuilder
from app.services.mongodb.client import classify, make_client
from app.services.mongodb.indexes import INDEXES
from app.services.runtime.failures import FailureKind, replace_errors

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

Document = dict[str, Any]

_RECORDS = FindingBuilder("records")
_CHECK_NETWORK = "check MONGODB_URI, and the network between here and the server"
_ADVICE = FailureAdvice(
    {
        FailureKind.CONFIGURATION: (
            "the address or one of its options is invalid",
            "correct MONGODB_URI",
        ),
        FailureKind.CREDENTIALS_REFUSED: (
            "the user name or the password is refused",
            "correct MONGODB_URI",
        ),
        FailureKind.PERMISSION_DENIED: (
            "this user lacks a permission that the service needs",
            "grant the user the role readWrite",
        ),
        FailureKind.UNREACHABLE: ("MongoDB can't be reached", _CHECK_NETWORK),
        FailureKind.NO_RESPONSE: ("MongoDB did not respond in time", _CHECK_NETWORK),
    },
    otherwise=("MongoDB refuses the request", "see the server's log"),
)


def check_database(*, uri: str, database: str, ca_bundle: str | None = None) -> Iterator[Finding]:
    """Connect, check the indexes, then write and delete a document."""
    try:
        with _errors_replaced():
            client = make_client(uri, ca_bundle=ca_bundle)
    except CheckFailed as error:
        yield _RECORDS.failed("server", error.found, error.advice)
        return
    with contextlib.closing(client):
        connected = _RECORDS.step("server", lambda: _ping(client))
        yield connected
        if connected.level is Level.OK:
            collection = client[database]["generations"]
            yield _check_indexes(collection)
            yield _RECORDS.step("write", lambda: _write(collection))


def _ping(client: "MongoClient[Document]") -> str:
    with _errors_replaced():
        client.admin.command("ping")
    return "MongoDB responds"


def _check_indexes(collection: "Collection[Document]") -> Finding:
    try:
        with _errors_replaced():
            existing = collection.index_information()
            used = collection.find_one({}, {"_id": 1}) is not None
    except CheckFailed as error:
        return _RECORDS.failed("indexes", error.found, error.advice)
    wrong = [
        name for name in INDEXES if name in existing and existing[name]["key"] != INDEXES[name]
    ]
    if wrong:
        found = f"other keys than the service needs: {', '.join(wrong)}"
        advice = "drop them; the service creates its own when it starts next"
        return _RECORDS.failed("indexes", found, advice)
    missing = [name for name in INDEXES if name not in existing]
    if missing and used:
        advice = "start the service, which creates them at its first use"
        return _RECORDS.warning("indexes", f"missing: {', '.join(missing)}", advice)
    if missing:
        return _RECORDS.ok("indexes", "none yet: the service creates them at its first use")
    return _RECORDS.ok("indexes", f"complete: {', '.join(INDEXES)}")


def _write(collection: "Collection[Document]") -> str:
    """Write a document that is never listed, with an id no image can have."""
    probe = {"_id": f"doctor-{uuid.uuid4().hex}"}
    with _errors_replaced():
        collection.insert_one({**probe, "state": "doctor"})
        try:
            found = collection.find_one(probe)
        finally:
            collection.delete_one(probe)
    if found is None:
        advice = "check the deployment's read and write concerns"
        raise CheckFailed("a record that was written can't be read", advice)
    return "a record was written, read back and deleted"


def _errors_replaced() -> AbstractContextManager[None]:
    return replace_errors(classify, _ADVICE.check_failed)
