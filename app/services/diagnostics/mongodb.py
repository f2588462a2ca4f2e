"""Check MongoDB: connection, deployment, indexes and write access."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
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

_MAX_SKEW = timedelta(minutes=5)

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
            yield _check_deployment(client)
            yield _RECORDS.step("clock", lambda: _compare_clocks(client))
            collection = client[database]["generations"]
            yield _check_indexes(collection)
            yield _RECORDS.step("write", lambda: _write(collection))


def _ping(client: "MongoClient[Document]") -> str:
    with _errors_replaced():
        client.admin.command("ping")
    return "MongoDB responds"


def _compare_clocks(client: "MongoClient[Document]") -> str:
    sent = datetime.now(UTC)
    with _errors_replaced():
        time = client.admin.command("hello")["localTime"].replace(tzinfo=UTC)
    ahead, behind = sent - time, time - datetime.now(UTC)
    if max(ahead, behind) > _MAX_SKEW:
        found = f"this machine's clock is {max(ahead, behind).total_seconds():.0f} s "
        found += "ahead of" if ahead > behind else "behind"
        advice = "synchronize it (NTP); until then, this server forgets no idempotency keys"
        raise CheckFailed(f"{found} MongoDB's", advice)
    return "this machine's clock agrees with MongoDB's"


def _check_deployment(client: "MongoClient[Document]") -> Finding:
    try:
        with _errors_replaced():
            hello = client.admin.command("hello")
    except CheckFailed as error:
        return _RECORDS.failed("deployment", error.found, error.advice)
    return describe_deployment(hello, default_write_concern=_default_write_concern(client))


def describe_deployment(
    hello: Mapping[str, Any], *, default_write_concern: Mapping[str, Any]
) -> Finding:
    """Report how many members have a copy of what is written.

    Args:
        hello: the response to this command.
        default_write_concern: what applies to clients that state none; empty if unknown.
    """
    default = default_write_concern.get("w")
    suffix = "" if default is None else f"; the default, w={default}, is not used"
    if hello.get("msg") == "isdbgrid":
        return _RECORDS.ok("deployment", f"a sharded cluster{suffix}")
    if "setName" not in hello:
        found = f"a single server, so records and spending have no copy{suffix}"
        advice = "use a replica set of three members, of which any one may fail"
        return _RECORDS.warning("deployment", found, advice)
    members = len(hello.get("hosts", ())) + len(hello.get("passives", ()))
    arbiters = len(hello.get("arbiters", ()))
    majority = (members + arbiters) // 2 + 1
    found = f"a replica set: {members} with data, {arbiters} arbiters; {majority} confirm a write"
    if arbiters and members <= majority:
        advice = "replace the arbiter by a member with data: now any failure stops all payments"
        return _RECORDS.warning("deployment", f"{found}{suffix}", advice)
    return _RECORDS.ok("deployment", f"{found}{suffix}")


def _default_write_concern(client: "MongoClient[Document]") -> Mapping[str, Any]:
    from pymongo.errors import PyMongoError

    try:
        return client.admin.command("getDefaultRWConcern").get("defaultWriteConcern") or {}
    except PyMongoError:  # an old server, or a user without this permission
        return {}


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
