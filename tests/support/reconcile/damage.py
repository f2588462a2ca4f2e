"""Ways to spoil an image that is ready, on whatever parts: what crashes and outages leave."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from app.errors import Charged
from app.models import ImageRecord, State, object_keys
from app.ports import ImageStore, Ports, Spool
from app.usecases.reconcile.diagnosis import Discrepancy

Spoil = Callable[[Ports, ImageRecord], None]


@dataclass(frozen=True)
class Mess:
    """A way to spoil an image.

    Attributes:
        kind: what it is found to be.
        alive: whether the image is there and ready once it is mended.
        same_row: whether its row then is as it was, but for what nobody could know.
    """

    name: str
    kind: Discrepancy
    spoil: Spoil
    alive: bool = True
    same_row: bool = True


def keys_of(row: ImageRecord) -> tuple[str, str, str]:
    """Return the keys of original, note and image."""
    assert row.original
    return row.original.key, object_keys.sidecar_key(row.id), f"images/{row.id}.png"


def dropping(*parts: str) -> Spoil:
    """Remove some of row, original, note and image."""

    def spoil(ports: Ports, row: ImageRecord) -> None:
        for part, key in zip(("original", "note", "image"), keys_of(row), strict=True):
            if part in parts:
                ports.store.delete(key)
        if "row" in parts:
            ports.records.delete(row.id)

    return spoil


def setting(*dropped: str, **changes: Any) -> Spoil:
    """Change the row, after removing objects."""

    def spoil(ports: Ports, row: ImageRecord) -> None:
        dropping(*dropped)(ports, row)
        values: dict[str, Any] = {"lease_until": ports.clock.now() - timedelta(seconds=1)}
        assert ports.records.compare_and_swap(row, replace(row, **(values | changes)))

    return spoil


def spooling(*spoils: Spoil, only_note: bool = False) -> Spoil:
    """Move original and note from the store to the spool, and spoil more."""

    def spoil(ports: Ports, row: ImageRecord) -> None:
        original, note, _ = keys_of(row)
        for key in [note] if only_note else [original, note]:
            move(key, ports.store, ports.spool)
        for further in spoils:
            further(ports, row)

    return spoil


def move(key: str, source: ImageStore | Spool, target: ImageStore | Spool) -> None:
    """Move an object."""
    found = source.get(key)
    target.put(key, found.data, content_type=found.content_type)
    source.delete(key)


def evidence(ports: Ports, row: ImageRecord) -> None:
    """Leave nothing but an answer that is no image, and its note."""
    ports.store.put(f"originals/{row.id}.bin", b"<html>", content_type="application/octet-stream")
    dropping("row", "original", "image")(ports, row)


_BEGUN = {"state": State.PENDING, "image": None, "created_at": None, "charged": Charged.UNKNOWN}
_GIVEN_UP = {"state": State.UNKNOWN, "error": "outcome_unknown", "image": None, "created_at": None}

MENDABLE = (
    Mess("image", Discrepancy.IMAGE_MISSING, dropping("image")),
    Mess("note", Discrepancy.NOTE_MISSING, dropping("note")),
    Mess("row", Discrepancy.ROW_MISSING, dropping("row")),
    Mess("row and image", Discrepancy.ROW_MISSING, dropping("row", "image")),
    Mess("row and note", Discrepancy.ROW_MISSING, dropping("row", "note"), same_row=False),
    Mess(
        "all but image",
        Discrepancy.IMAGE_ALONE,
        dropping("row", "original", "note"),
        same_row=False,
    ),
    Mess("row and original", Discrepancy.IMAGE_ALONE, dropping("row", "original")),
    Mess("evidence", Discrepancy.EVIDENCE_ALONE, evidence, alive=False),
    Mess("cut off", Discrepancy.OVERDUE, setting("image", **_BEGUN)),
    Mess(
        "cut off before paying",
        Discrepancy.OVERDUE,
        setting(
            "image", "original", "note", **(_BEGUN | {"original": None, "charged": Charged.NO})
        ),
        alive=False,
    ),
    Mess("given up", Discrepancy.UNFINISHED, setting("image", **_GIVEN_UP)),
    Mess("deletion", Discrepancy.HALF_DELETED, setting("image", state=State.DELETED), alive=False),
    Mess(
        "objects of a deleted one",
        Discrepancy.HALF_DELETED,
        setting(state=State.DELETED, created_at=None),
        alive=False,
    ),
    Mess("spooled", Discrepancy.SPOOLED, spooling(setting("image", **_BEGUN))),
    Mess("spooled, ready", Discrepancy.SPOOLED, spooling()),
    Mess("spooled, no original known", Discrepancy.SPOOLED, spooling(setting(original=None))),
    Mess("spooled note", Discrepancy.SPOOLED, spooling(only_note=True)),
    Mess("spooled, given up", Discrepancy.SPOOLED, spooling(setting("image", **_GIVEN_UP))),
    Mess("spooled, row lost", Discrepancy.SPOOLED, spooling(dropping("row", "image"))),
    Mess(
        "spooled, deleted",
        Discrepancy.SPOOLED,
        spooling(setting("image", state=State.DELETED, created_at=None)),
        alive=False,
    ),
)

HOPELESS = (
    Mess("original", Discrepancy.ORIGINAL_LOST, dropping("original")),
    Mess("original and image", Discrepancy.LOST, dropping("original", "image"), alive=False),
    Mess("all but note", Discrepancy.LOST, dropping("row", "original", "image"), alive=False),
)


def name_of(mess: Mess) -> str:
    """Name a mess in the list of tests."""
    return mess.name.replace(" ", "_")
