"""Each thing that can be wrong with an image: found, mended, and then no longer found."""

from dataclasses import replace
from typing import Any

import pytest

from app.models import ImageRecord, State, object_keys
from app.usecases.generation import sidecar
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import HOPELESS, MENDABLE, Mess, keys_of, name_of
from tests.support.reconcile.runs import outcome, reconcile

EVERY = pytest.mark.parametrize("mess", MENDABLE + HOPELESS, ids=name_of)
UNKNOWABLE: dict[str, Any] = {"claim": "", "fingerprint": ""}


def spoilt(world: World, mess: Mess) -> tuple[ImageRecord, bytes]:
    """Make an image, another one beside it, and spoil the first; return it as it was."""
    row = world.generate(a_request(prompt="A red fox"))
    image = world.store.objects[keys_of(row)[2]].data
    world.generate(a_request(prompt="A blue whale"))
    world.clock.advance(1000)
    mess.spoil(world.ports, row)
    return row, image


def _times(row: ImageRecord) -> dict[str, Any]:
    return {"lease_until": row.lease_until, "created_at": row.created_at}


@EVERY
def test_without_fix_it_is_reported_and_not_touched(world: World, mess: Mess) -> None:
    """A run that only looks names the finding and changes no row and no object."""
    row, _ = spoilt(world, mess)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    report = reconcile(world, fix=False)
    assert outcome(report) == {mess.kind: (0, 1)}
    assert [found.id for found in report.tallies[mess.kind].listed] == [row.id]
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before


@pytest.mark.parametrize("mess", MENDABLE, ids=name_of)
def test_with_fix_it_is_repaired_for_good_and_for_nothing(world: World, mess: Mess) -> None:
    """The image is as it was, at its old time, or gone for good; a second run finds nothing."""
    row, image = spoilt(world, mess)
    assert outcome(reconcile(world, fix=True)) == {mess.kind: (1, 0)}
    assert outcome(reconcile(world, fix=True)) == {}
    assert len(world.generator.requests) == 2
    assert world.spool.objects == {}
    now = world.records.by_id.get(row.id)
    assert (now is not None and now.state is State.READY) is mess.alive
    if mess.alive:
        assert now is not None
        assert world.store.objects[keys_of(row)[2]].data == image
        assert now.created_at == row.created_at
    if mess.alive and mess.same_row and now and now.original:
        known = replace(row, **UNKNOWABLE, **_times(now))
        assert replace(now, **UNKNOWABLE) == known
        assert world.store.objects[keys_of(row)[0]].data == world.generator.data
        assert world.store.objects[object_keys.sidecar_key(row.id)].data == sidecar.write(row)


@pytest.mark.parametrize("mess", HOPELESS, ids=name_of)
def test_what_is_lost_is_left_as_it_is(world: World, mess: Mess) -> None:
    """Nothing is removed or made up for what can't be brought back, and it is told every time."""
    spoilt(world, mess)
    before = dict(world.records.by_id), dict(world.store.objects)
    for _ in range(2):
        assert outcome(reconcile(world, fix=True)) == {mess.kind: (0, 1)}
    assert (world.records.by_id, world.store.objects) == before


def test_sound_images_are_not_even_looked_at_twice(world: World) -> None:
    """Where nothing is wrong, the listings are all that is read, and nothing is written."""
    for _ in range(3):
        world.generate(a_request())
    world.events.clear()
    report = reconcile(world, fix=True)
    assert (report.found, report.rows) == (0, 3)
    listed = {"spool keys originals", "store keys originals", "store keys images", "records scan"}
    assert set(world.events) == listed | {"records recount"}


@pytest.mark.parametrize("mess", [m for m in MENDABLE if m.name == "row and note"], ids=name_of)
def test_an_original_without_note_gets_what_is_known(world: World, mess: Mess) -> None:
    """Its row has an empty prompt, the time of the object, and counts as paid."""
    row, _ = spoilt(world, mess)
    reconcile(world, fix=True)
    now = world.records.by_id[row.id]
    original = world.store.objects[keys_of(row)[0]]
    assert (now.prompt, now.requested_at, str(now.charged)) == ("", original.modified, "yes")


def test_evidence_gets_a_failed_row(world: World) -> None:
    """An unusable answer that no row knows was paid for, and is written down as just that."""
    (mess,) = (mess for mess in MENDABLE if mess.name == "evidence")
    row, _ = spoilt(world, mess)
    reconcile(world, fix=True)
    now = world.records.by_id[row.id]
    assert (now.state, now.error, str(now.charged)) == (
        State.FAILED,
        "provider_bad_response",
        "yes",
    )
    assert (now.prompt, now.created_at, now.original) == (row.prompt, None, None)
    assert world.store.objects[f"originals/{row.id}.bin"].data == b"<html>"
