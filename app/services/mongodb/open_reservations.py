"""Reservations of the ledger that are not settled yet, in the collection `open_reservations`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.models import OpenReservation
from app.services.mongodb.client import MongoDatabase, translate_errors

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]


class MongoOpenReservations:
    """Keeps a document per reservation, by the id of its attempt."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._indexed = False

    def note_open(self, reservations: Sequence[OpenReservation]) -> None:
        """See Ledger."""
        from pymongo import UpdateOne

        updates = [
            UpdateOne({"_id": one.attempt}, {"$setOnInsert": _fields_of(one)}, upsert=True)
            for one in reservations
        ]
        with translate_errors():
            self._open().bulk_write(updates)

    def note_settled(self, attempts: Iterable[str]) -> None:
        """See Ledger."""
        with translate_errors():
            self._open().delete_many({"_id": {"$in": list(attempts)}})

    def find_open(self, attempt: str) -> OpenReservation | None:
        """See Ledger."""
        with translate_errors():
            document = self._open().find_one({"_id": attempt})
        return _reservation_of(document) if document else None

    def list_open(self, before: datetime, *, limit: int) -> Sequence[OpenReservation]:
        """See Ledger."""
        with translate_errors():
            found = self._open().find({"at": {"$lt": before}}).sort("at", 1).limit(limit)
            return [_reservation_of(document) for document in found]

    def _open(self) -> "Collection[Document]":
        collection = self._database.collection("open_reservations")
        if not self._indexed:
            collection.create_index("at", name="times")
            self._indexed = True
        return collection


def _fields_of(reservation: OpenReservation) -> Document:
    fields = asdict(reservation)
    del fields["attempt"]
    return fields


def _reservation_of(document: Mapping[str, Any]) -> OpenReservation:
    return OpenReservation(
        attempt=document["_id"],
        image_id=document["image_id"],
        account=document["account"],
        micros=int(document["micros"]),
        at=document["at"],
    )
