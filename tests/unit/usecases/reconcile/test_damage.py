"""Every kind of damage is found, repaired if possible, and not found again."""

from dataclasses import replace
from typing import Any

import pytest

from app.models import ImageRecord, State, object_keys
from app.usecases.generation import sidecar
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import IRREPARABLE, REPAIRABLE, Damage, keys_of, name_of
from tests.support.reconcile.runs import a_damaged_image, outcome, reconcile

EVERY = pytest.mark.parametrize("damage", REPAIRABLE + IRREPARABLE, ids=name_of)
STORED_NOWHERE_ELSE: dict[str, Any] = {"claim": "", "fingerprint": "", "usage": None}


def one_of_two_damaged(world: World, damage: Damage) -> tuple[ImageRecord, bytes]:
    """Generate two images and damage the first; return its former record and bytes."""
    record = world.generate(a_request(prompt="A red fox"))
    image = world.store.objects[keys_of(record)[2]].data
    world.generate(a_request(prompt="A blue whale"))
    world.clock.advance(1000)
    damage.apply(world.ports, record)
    return record, image


def _times(record: ImageRecord) -> dict[str, Any]:
    return {"lease_until": record.lease_until, "created_at": record.created_at}


@EVERY
def test_without_fix_damage_is_reported_only(world: World, damage: Damage) -> None:
    """The report names the image, and no record or object is changed."""
    record, _ = one_of_two_damaged(world, damage)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    report = reconcile(world, fix=False)
    assert outcome(report) == {damage.kind: (0, 1)}
    assert [entry.id for entry in report.kinds[damage.kind].listed] == [record.id]
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before


@pytest.mark.parametrize("damage", REPAIRABLE, ids=name_of)
def test_with_fix_damage_is_repaired_without_a_charge(world: World, damage: Damage) -> None:
    """The image is ready as before, or deleted completely; a second run finds nothing."""
    record, image = one_of_two_damaged(world, damage)
    assert outcome(reconcile(world, fix=True)) == {damage.kind: (1, 0)}
    assert outcome(reconcile(world, fix=True)) == {}
    assert len(world.generator.requests) == 2
    assert world.spool.objects == {}
    repaired = world.records.by_id.get(record.id)
    assert (repaired is not None and repaired.state is State.READY) is damage.alive
    if damage.alive:
        assert repaired is not None
        assert world.store.objects[keys_of(record)[2]].data == image
        assert repaired.created_at == record.created_at
    if damage.alive and damage.same_record and repaired and repaired.original:
        expected = replace(record, **STORED_NOWHERE_ELSE, **_times(repaired))
        assert replace(repaired, **STORED_NOWHERE_ELSE) == expected
        assert world.store.objects[keys_of(record)[0]].data == world.generator.data
        note = world.store.objects[object_keys.sidecar_key(record.id)].data
        assert note == sidecar.write(record)


@pytest.mark.parametrize("damage", IRREPARABLE, ids=name_of)
def test_irreparable_damage_changes_nothing(world: World, damage: Damage) -> None:
    """Nothing is deleted or invented, and every run reports it."""
    one_of_two_damaged(world, damage)
    before = dict(world.records.by_id), dict(world.store.objects)
    for _ in range(2):
        assert outcome(reconcile(world, fix=True)) == {damage.kind: (0, 1)}
    assert (world.records.by_id, world.store.objects) == before


def test_sound_images_cost_only_the_listings(world: World) -> None:
    """Without damage nothing else is read, and nothing is written."""
    for _ in range(3):
        world.generate(a_request())
    world.events.clear()
    report = reconcile(world, fix=True)
    assert (report.found, report.records) == (0, 3)
    listings = {"spool keys originals", "store keys originals", "store keys images", "records scan"}
    assert set(world.events) == listings | {"records recount", "ledger list_open"}


def test_record_is_rebuilt_without_a_note(world: World) -> None:
    """The record has an empty prompt and the object's time, and counts as charged."""
    record = a_damaged_image(world, "record and note")
    reconcile(world, fix=True)
    rebuilt = world.records.by_id[record.id]
    original = world.store.objects[keys_of(record)[0]]
    assert rebuilt.prompt == ""
    assert rebuilt.requested_at == original.modified
    assert str(rebuilt.charged) == "yes"


def test_failed_record_is_rebuilt_from_evidence(world: World) -> None:
    """An unusable response without a record was charged, so it gets a failed record."""
    record = a_damaged_image(world, "evidence")
    reconcile(world, fix=True)
    rebuilt = world.records.by_id[record.id]
    assert (rebuilt.state, rebuilt.error) == (State.FAILED, "provider_bad_response")
    assert str(rebuilt.charged) == "yes"
    assert (rebuilt.prompt, rebuilt.created_at, rebuilt.original) == (record.prompt, None, None)
    assert world.store.objects[f"originals/{record.id}.bin"].data == b"<html>"
