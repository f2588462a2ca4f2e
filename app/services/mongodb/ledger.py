"""The Ledger port on MongoDB, in the collection `spending`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.models import Budget, Spending
from app.models.billing_period import window_of, windows_of
from app.services.mongodb.client import MongoDatabase, translate_errors

if TYPE_CHECKING:
    from pymongo.collection import Collection

_DAY_CHARS = len("2026-11-23")


class MongoLedger:
    """Keeps a document for each account and window.

    What limits a reservation is one document each, taken from on a condition; where a second one
    refuses, the first gets back what was taken. A crash in between leaves it taken.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def reserve(
        self, accounts: Mapping[str, Budget | None], micros: int, at: datetime
    ) -> str | None:
        """See Ledger."""
        taken: list[str] = []
        with translate_errors():
            for account, budget in accounts.items():
                if budget is None:
                    continue
                key = _key(account, window_of(budget.period, at))
                if not self._take(key, micros, budget.micros):
                    self._add(taken, Spending(micros=-micros))
                    return account
                taken.append(key)
            rest = {_key(account, window) for account in accounts for window in windows_of(at)}
            self._add(rest - set(taken), Spending(micros=micros))
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
        ends = {"$gte": _key(account, str(first)), "$lte": _key(account, str(last))}
        with translate_errors():
            found = list(self._collection().find({"_id": ends}).sort("_id", 1))
        by_window = {str(one["_id"]).rpartition("/")[2]: _spent(one) for one in found}
        return {window: spent for window, spent in by_window.items() if len(window) == _DAY_CHARS}

    def _take(self, key: str, micros: int, limit: int) -> bool:
        """Count so much if it stays within the limit.

        Where the document is not there yet, it is made; of several who make it at once, all but one
        are told that it is there, and try again.
        """
        from pymongo.errors import DuplicateKeyError

        if micros > limit:
            return False
        within = {"_id": key, "micros": {"$lte": limit - micros}}
        more = {"$inc": {"micros": micros}}
        try:
            self._collection().update_one(within, more, upsert=True)
        except DuplicateKeyError:  # it is there: it was made just now, or has too little left
            return self._collection().update_one(within, more).matched_count == 1
        return True

    def _add(self, keys: Iterable[str], change: Spending) -> None:
        from pymongo import UpdateOne

        numbers = {
            "micros": change.micros,
            "pictures": change.images,
            "pictures_of_unknown_cost": change.images_of_unknown_cost,
        }
        updates = [UpdateOne({"_id": key}, {"$inc": numbers}, upsert=True) for key in sorted(keys)]
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
