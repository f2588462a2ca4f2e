"""The Ledger port on MongoDB, in the collection `spending`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.models import Budget, Spending
from app.models.billing import window_of, windows_of
from app.services.mongodb.client import MongoDatabase, translate_errors

if TYPE_CHECKING:
    from pymongo.collection import Collection

_DAY_CHARS = len("2026-11-23")


class MongoLedger:
    """Keeps a document per account and window.

    A reservation increments each limited window on the condition that the budget allows it. If a
    later window refuses, the earlier ones are decremented again; a crash in between leaves them
    too high.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def reserve(
        self, accounts: Mapping[str, Budget | None], micros: int, at: datetime
    ) -> str | None:
        """See Ledger."""
        reserved: list[str] = []
        with translate_errors():
            for account, budget in accounts.items():
                if budget is None:
                    continue
                key = _key(account, window_of(budget.period, at))
                if not self._add_within(key, micros, budget.micros):
                    self._add(reserved, Spending(micros=-micros))
                    return account
                reserved.append(key)
            rest = {_key(account, window) for account in accounts for window in windows_of(at)}
            self._add(rest - set(reserved), Spending(micros=micros))
        return None

    def record_spending(self, accounts: Iterable[str], change: Spending, at: datetime) -> None:
        """See Ledger."""
        with translate_errors():
            keys = [_key(account, window) for account in accounts for window in windows_of(at)]
            self._add(keys, change)

    def spent(self, account: str, window: str) -> Spending:
        """See Ledger."""
        with translate_errors():
            found = self._collection().find_one({"_id": _key(account, window)})
        return _spent(found) if found else Spending()

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """See Ledger."""
        span = {"$gte": _key(account, str(first)), "$lte": _key(account, str(last))}
        with translate_errors():
            found = list(self._collection().find({"_id": span}).sort("_id", 1))
        by_window = {str(entry["_id"]).rpartition("/")[2]: _spent(entry) for entry in found}
        return {window: spent for window, spent in by_window.items() if len(window) == _DAY_CHARS}

    def _add_within(self, key: str, micros: int, limit: int) -> bool:
        """Add `micros` if the sum stays within the limit.

        A missing document is created. If several callers create it at the same time, all but one
        get a DuplicateKeyError and try again.
        """
        from pymongo.errors import DuplicateKeyError

        if micros > limit:
            return False
        allowed = {"_id": key, "micros": {"$lte": limit - micros}}
        increment = {"$inc": {"micros": micros}}
        try:
            self._collection().update_one(allowed, increment, upsert=True)
        except DuplicateKeyError:  # created just now, or too little of the budget is left
            return self._collection().update_one(allowed, increment).matched_count == 1
        return True

    def _add(self, keys: Iterable[str], change: Spending) -> None:
        from pymongo import UpdateOne

        amounts = {
            "micros": change.micros,
            "pictures": change.images,
            "pictures_of_unknown_cost": change.images_of_unknown_cost,
        }
        updates = [UpdateOne({"_id": key}, {"$inc": amounts}, upsert=True) for key in sorted(keys)]
        if updates:
            self._collection().bulk_write(updates, ordered=False)

    def _collection(self) -> "Collection[dict[str, Any]]":
        return self._database.collection("spending")


def _key(account: str, window: str) -> str:
    return f"{account}/{window}"


def _spent(document: Mapping[str, Any]) -> Spending:
    return Spending(
        micros=int(document.get("micros", 0)),
        images=int(document.get("pictures", 0)),
        images_of_unknown_cost=int(document.get("pictures_of_unknown_cost", 0)),
    )
