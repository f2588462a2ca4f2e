"""Records that a killed worker left behind, in every combination."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from app.errors import AppError, Charged
from app.imaging import ImageInfo, UnusableImage
from app.models import ImageRecord, Original, State, object_keys
from app.usecases.generation import sidecar
from tests.support.builders import NOON, World, a_record

ID = "0b8f2f0e-2f6b-4a30-9a4e-5f0c9a3d1e77"
NOTE = object_keys.sidecar_key(ID)
DATA = b"the very bytes that were paid for"
DRAWN = NOON - timedelta(seconds=10)
MODEL = "the-model-that-drew"
PLACES = {"nowhere": (), "store": ("store",), "spool": ("spool",), "both": ("store", "spool")}


@dataclass(frozen=True)
class AbandonedState:
    """What a killed worker left behind.

    Attributes:
        charged: of the record.
        where: the places that have the original: a key of PLACES.
        extension: of the original's key.
        known: whether the record describes the original.
        note: whether the original has a sidecar.
    """

    charged: Charged
    where: str
    extension: str = "png"
    known: bool = False
    note: bool = False

    def __str__(self) -> str:
        known = ("unnamed", "named")[self.known], ("bare", "noted")[self.note]
        return "-".join((self.charged, self.where, self.extension, *known))


def all_abandoned_states() -> Iterator[AbandonedState]:
    """Yield every possible combination."""
    for charged, known in itertools.product(Charged, (False, True)):
        yield AbandonedState(charged, "nowhere", known=known)
        for where, extension, note in itertools.product(
            ("store", "spool", "both"), ("png", "webp", "jpeg", "bin"), (False, True)
        ):
            if not (known and extension == "bin"):  # a record does not describe evidence
                yield AbandonedState(charged, where, extension, known, note)


def set_up_abandoned(world: World, abandoned: AbandonedState) -> ImageRecord:
    """Set up the fakes as they were left; return the record, whose lease has just ended."""
    record = a_record(
        id=ID,
        state=State.PENDING,
        charged=abandoned.charged,
        created_at=None,
        original=None,
        image=None,
    )
    key = f"originals/{ID}.{abandoned.extension}"
    if abandoned.known:
        record = replace(record, original=_original(key, abandoned.extension))
    record = replace(record, lease_until=world.clock.now())
    world.records.insert(record)
    for place in PLACES[abandoned.where]:
        target = world.store if place == "store" else world.spool
        target.put(key, DATA, content_type="x")
        if abandoned.note:
            note = sidecar.write(replace(record, created_at=DRAWN, model=MODEL))
            target.put(NOTE, note, content_type="application/json")
    if abandoned.extension == "bin":
        world.image_processor.fail("inspect", UnusableImage("a page"))
    else:
        world.image_processor.info = ImageInfo(abandoned.extension, 1536, 1024)  # type: ignore[arg-type]  # reason: from the table
    return record


def _original(key: str, extension: str) -> Original:
    return Original(key=key, format=extension, width=1536, height=1024, size_bytes=1, sha256="0")  # type: ignore[arg-type]  # reason: from the table


def recover(world: World, record: ImageRecord) -> ImageRecord | AppError:
    """Recover the record; return the recovered one, or the error."""
    try:
        return world.recover(record)
    except AppError as error:
        return error


def paid(abandoned: AbandonedState) -> Charged:
    """Return the charge that is known once the original is found."""
    return Charged.NO if abandoned.charged is Charged.NO else Charged.YES


def contents(world: World) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the contents of store and spool, without the note."""
    return tuple(  # type: ignore[return-value]  # reason: of two
        {key: stored.data for key, stored in place.objects.items() if key != NOTE}
        for place in (world.store, world.spool)
    )
