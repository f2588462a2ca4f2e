"""The Ledger port on MongoDB, in the collection `spending`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.models import Budget, Spending
from app.models.billing import operation_digest, window_of, windows_of
from app.ports.ledger import OPERATION_DAYS
from app.services.mongodb.client import MongoDatabase, translate_errors
from app.services.mongodb.open_reservations import MongoOpenReservations

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.errors import BulkWriteError

Document = dict[str, Any]

_DAY_CHARS = len("2026-11-23")
_MAX_RECENT = 128  # more than are in progress at the same time
_DUPLICATE_KEY = 11000


class MongoLedger(MongoOpenReservations):
    """Keeps a document per account and window, and one per operation.

    A window has the ids of its recent operations. Its update requires that the operation is not
    among them, so a repeat changes nothing, at any moment. The document of an operation is written
    after its windows, and recognizes later repeats; MongoDB deletes it after `OPERATION_DAYS`.

    A reservation increments each limited window on the condition that the budget allows it. If a
    later window refuses, the earlier ones are decremented again; after a crash in between,
    `complete` makes them equal. Operations that are reserved together are in one update of each
    window, so the first one stands for all of them.
    """

    def __init__(self, database: MongoDatabase) -> None:
        super().__init__(database)
        self._prepared = False

    def reserve(
        self,
        operation: str,
        accounts: Mapping[str, Budget | None],
        micros: int,
        at: datetime,
        *,
        others: Sequence[str] = (),
    ) -> str | None:
        """See Ledger."""
        made, reserved = [operation_digest(one) for one in (operation, *others)], list[str]()
        change = Spending(micros=micros * len(made))
        with translate_errors():
            if self._is_known(made[0]):
                return None
            for account, budget in accounts.items():
                if budget is None:
                    continue
                key = _key(account, window_of(budget.period, at))
                if not self._add_within(made, key, change.micros, budget.micros):
                    self._undo(made[0], reserved, change.micros)
                    return account
                reserved.append(key)
            rest = {_key(account, window) for account in accounts for window in windows_of(at)}
            self._add(made, rest - set(reserved), change)
        return None

    def record_spending(
        self, operation: str, accounts: Iterable[str], change: Spending, at: datetime
    ) -> None:
        """See Ledger."""
        made = operation_digest(operation)
        with translate_errors():
            if not self._is_known(made):
                keys = [_key(account, window) for account in accounts for window in windows_of(at)]
                self._add([made], keys, change)

    def complete(self, operation: str, accounts: Iterable[str], micros: int, at: datetime) -> None:
        """See Ledger.

        What was taken back, because another window refused, is counted under an id of its own.
        """
        made, change = operation_digest(operation), Spending(micros=micros)
        keys = {_key(account, window) for account in accounts for window in windows_of(at)}
        with translate_errors():
            if self._is_known(made):
                return
            undone = {"_id": {"$in": list(keys)}, "recent": _refused(made)}
            refused = {str(window["_id"]) for window in self._collection().find(undone, {"_id": 1})}
            self._add([made + b"+"], refused, change)
            self._add([made], keys - refused, change)

    def spent(self, account: str, window: str) -> Spending:
        """See Ledger."""
        with translate_errors():
            found = self._collection().find_one({"_id": _key(account, window)}, {"recent": 0})
        return _spent(found) if found else Spending()

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """See Ledger."""
        span = {"$gte": _key(account, str(first)), "$lte": _key(account, str(last))}
        with translate_errors():
            found = list(self._collection().find({"_id": span}, {"recent": 0}).sort("_id", 1))
        by_window = {str(entry["_id"]).rpartition("/")[2]: _spent(entry) for entry in found}
        return {window: spent for window, spent in by_window.items() if len(window) == _DAY_CHARS}

    def _is_known(self, made: bytes) -> bool:
        return self._collection().find_one({"_id": _operation_key(made)}) is not None

    def _add_within(self, made: Sequence[bytes], key: str, micros: int, limit: int) -> bool:
        """Add `micros` if the sum stays within the limit, unless this was done before.

        A missing document is created. If several callers create it at the same time, all but one
        get a DuplicateKeyError and try again.
        """
        from pymongo.errors import DuplicateKeyError

        if micros > limit:
            return False
        allowed = _window(key, made[0]) | {"micros": {"$lte": limit - micros}}
        increment = _change(made, Spending(micros=micros))
        windows = self._collection()
        try:
            windows.update_one(allowed, increment, upsert=True)
        except DuplicateKeyError:  # created or reserved before, or too little of the budget is left
            if windows.update_one(allowed, increment).matched_count:
                return True
            counted = {"$all": [made[0]], "$ne": _refused(made[0])}
            return windows.find_one({"_id": key, "recent": counted}) is not None
        return True

    def _undo(self, made: bytes, keys: Sequence[str], micros: int) -> None:
        """Take back a part of a reservation, once, and keep late repeats of it from counting."""
        for key in keys:
            refused = _refused(made)
            change = _change([refused], Spending(micros=-micros))
            window = {"_id": key, "recent": {"$ne": refused}}
            self._collection().update_one(window, change)

    def _add(self, made: Sequence[bytes], keys: Iterable[str], change: Spending) -> None:
        """Add to windows that do not know the operations, then write their documents."""
        updates = [(_window(key, made[0]), _change(made, change)) for key in sorted(keys)]
        note = {"$currentDate": {"made_at": True}}
        # The first one, by which a repeat is recognized, comes last.
        notes = [({"_id": _operation_key(one)}, note) for one in reversed(made)]
        self._write([*updates, *notes])

    def _write(self, updates: Sequence[tuple[Document, Document]]) -> None:
        """Make updates in order, and insert what is missing."""
        from pymongo import UpdateOne
        from pymongo.errors import BulkWriteError

        existing: int | None = None  # index of a document that can't be inserted
        while updates:
            requests = [
                UpdateOne(condition, change, upsert=number != existing)
                for number, (condition, change) in enumerate(updates)
            ]
            try:
                self._collection().bulk_write(requests, ordered=True)
            except BulkWriteError as error:
                # A window has the operation, or another process has just created it. It is
                # updated, if it still has to be, and not inserted.
                updates, existing = updates[_duplicate_in(error) :], 0
            else:
                return

    def _collection(self) -> "Collection[Document]":
        collection = self._database.collection("spending")
        if not self._prepared:
            seconds = OPERATION_DAYS * 86_400
            collection.create_index("made_at", name="operations", expireAfterSeconds=seconds)
            self._prepared = True
        return collection


def _duplicate_in(error: "BulkWriteError") -> int:
    """Return the index of the update that tried to insert an existing document.

    Raises:
        BulkWriteError: there was another error, or a write is not confirmed.
    """
    details = error.details
    failed = details["writeErrors"]  # at most one, because later updates are not made
    if details["writeConcernErrors"] or failed[0]["code"] != _DUPLICATE_KEY:
        raise error
    return int(failed[0]["index"])


def _window(key: str, made: bytes) -> Document:
    """Return a condition for a window that has not counted an operation."""
    return {"_id": key, "recent": {"$not": {"$in": [made, _refused(made)]}}}


def _change(made: Sequence[bytes], change: Spending) -> Document:
    amounts = {
        "micros": change.micros,
        "pictures": change.images,
        "pictures_of_unknown_cost": change.images_of_unknown_cost,
    }
    return {
        "$inc": amounts,
        "$push": {"recent": {"$each": list(made), "$slice": -_MAX_RECENT}},
    }


def _refused(made: bytes) -> bytes:
    """Return the id under which a reservation was taken back."""
    return made + b"-"


def _operation_key(made: bytes) -> str:
    return f"#{made.hex()}"


def _key(account: str, window: str) -> str:
    return f"{account}/{window}"


def _spent(document: Mapping[str, Any]) -> Spending:
    return Spending(
        micros=int(document.get("micros", 0)),
        images=int(document.get("pictures", 0)),
        images_of_unknown_cost=int(document.get("pictures_of_unknown_cost", 0)),
    )
