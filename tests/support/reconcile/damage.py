"""Damage to ready images, as crashes and outages leave it, on any implementation of the ports."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from app.errors import Charged
from app.models import ImageRecord, State, object_keys
from app.ports import ImageStore, Ports, Spool
from app.usecases.reconcile.diagnosis import Discrepancy

Apply = Callable[[Ports, ImageRecord], None]


@dataclass(frozen=True)
class Damage:
    """A kind of damage.

    Attributes:
        kind: how it is reported.
        apply: damages an image.
        alive: whether the image is ready again after the repair.
        same_record: whether its record then equals the former one, except for fields that are
            stored nowhere else.
    """

    name: str
    kind: Discrepancy
    apply: Apply
    alive: bool = True
    same_record: bool = True


def keys_of(record: ImageRecord) -> tuple[str, str, str]:
    """Return the keys of original, note and image."""
    assert record.original
    return (
        record.original.key,
        object_keys.sidecar_key(record.id),
        object_keys.image_key(record.id),
    )


def dropping(*parts: str) -> Apply:
    """Return damage that deletes some of `record`, `original`, `note` and `image`."""

    def apply(ports: Ports, record: ImageRecord) -> None:
        for part, key in zip(("original", "note", "image"), keys_of(record), strict=True):
            if part in parts:
                ports.store.delete(key)
        if "record" in parts:
            ports.records.delete(record.id)

    return apply


def changing(*dropped: str, **changes: Any) -> Apply:
    """Return damage that deletes objects and changes the record; its lease has expired."""

    def apply(ports: Ports, record: ImageRecord) -> None:
        dropping(*dropped)(ports, record)
        values: dict[str, Any] = {"lease_until": ports.clock.now() - timedelta(seconds=1)}
        assert ports.records.compare_and_swap(record, replace(record, **(values | changes)))

    return apply


def spooling(*further: Apply, only_note: bool = False) -> Apply:
    """Return damage that moves original and note to the spool, and applies further damage."""

    def apply(ports: Ports, record: ImageRecord) -> None:
        original, note, _ = keys_of(record)
        for key in [note] if only_note else [original, note]:
            move(key, ports.store, ports.spool)
        for apply_next in further:
            apply_next(ports, record)

    return apply


def move(key: str, source: ImageStore | Spool, target: ImageStore | Spool) -> None:
    """Move an object."""
    stored = source.get(key)
    target.put(key, stored.data, content_type=stored.content_type)
    source.delete(key)


def _leave_evidence(ports: Ports, record: ImageRecord) -> None:
    """Leave only a response that is no image, and its note."""
    evidence_key = object_keys.evidence_key(record.id)
    ports.store.put(evidence_key, b"<html>", content_type="application/octet-stream")
    dropping("record", "original", "image")(ports, record)


_INTERRUPTED = {
    "state": State.PENDING,
    "image": None,
    "created_at": None,
    "charged": Charged.UNKNOWN,
}
_UNKNOWN = {"state": State.UNKNOWN, "error": "outcome_unknown", "image": None, "created_at": None}


def _leave_in_trash(*kept: str) -> Apply:
    """Return damage that leaves a copy of the image in the trash, of a record that is ready."""

    def apply(ports: Ports, record: ImageRecord) -> None:
        image = ports.store.get(object_keys.image_key(record.id))
        trash_key = object_keys.trash_key(record.id)
        ports.store.put(trash_key, image.data, content_type=image.content_type)
        if "image" not in kept:
            ports.store.delete(object_keys.image_key(record.id))

    return apply


REPAIRABLE = (
    Damage("image", Discrepancy.IMAGE_MISSING, dropping("image")),
    Damage("note", Discrepancy.SIDECAR_MISSING, dropping("note")),
    Damage("index", Discrepancy.MISINDEXED, changing(tokens=("fox",))),
    Damage("record", Discrepancy.RECORD_MISSING, dropping("record")),
    Damage("record and image", Discrepancy.RECORD_MISSING, dropping("record", "image")),
    Damage(
        "record and note",
        Discrepancy.RECORD_MISSING,
        dropping("record", "note"),
        same_record=False,
    ),
    Damage(
        "all but image",
        Discrepancy.ORPHANED_IMAGE,
        dropping("record", "original", "note"),
        same_record=False,
    ),
    Damage("record and original", Discrepancy.ORPHANED_IMAGE, dropping("record", "original")),
    Damage("evidence", Discrepancy.ORPHANED_EVIDENCE, _leave_evidence, alive=False),
    Damage("interrupted", Discrepancy.LEASE_EXPIRED, changing("image", **_INTERRUPTED)),
    Damage(
        "interrupted before paying",
        Discrepancy.LEASE_EXPIRED,
        changing(
            "image",
            "original",
            "note",
            **(_INTERRUPTED | {"original": None, "charged": Charged.NO}),
        ),
        alive=False,
    ),
    Damage("unknown", Discrepancy.UNFINISHED, changing("image", **_UNKNOWN)),
    Damage(
        "deletion", Discrepancy.HALF_DELETED, changing("image", state=State.DELETED), alive=False
    ),
    Damage(
        "objects of a tombstone",
        Discrepancy.HALF_DELETED,
        changing(state=State.DELETED, created_at=None),
        alive=False,
    ),
    Damage("a crash while it was restored", Discrepancy.MISPLACED, _leave_in_trash("image")),
    Damage("a lost image in the trash", Discrepancy.MISPLACED, _leave_in_trash()),
    Damage("spooled", Discrepancy.SPOOLED, spooling(changing("image", **_INTERRUPTED))),
    Damage("spooled, ready", Discrepancy.SPOOLED, spooling()),
    Damage("spooled, no original named", Discrepancy.SPOOLED, spooling(changing(original=None))),
    Damage("spooled note", Discrepancy.SPOOLED, spooling(only_note=True)),
    Damage("spooled, unknown", Discrepancy.SPOOLED, spooling(changing("image", **_UNKNOWN))),
    Damage("spooled, no record", Discrepancy.SPOOLED, spooling(dropping("record", "image"))),
    Damage(
        "spooled, deleted",
        Discrepancy.SPOOLED,
        spooling(changing("image", state=State.DELETED, created_at=None)),
        alive=False,
    ),
)

IRREPARABLE = (
    Damage("original", Discrepancy.ORIGINAL_LOST, dropping("original")),
    Damage("original and image", Discrepancy.LOST, dropping("original", "image"), alive=False),
    Damage("all but note", Discrepancy.LOST, dropping("record", "original", "image"), alive=False),
)


def name_of(damage: Damage) -> str:
    """Return the id of a parametrized test."""
    return damage.name.replace(" ", "_")
