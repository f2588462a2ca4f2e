"""What callers note about a record: tags, star and group, through its transitions."""

from dataclasses import replace
from datetime import timedelta

from tests.support.builders import NOON, a_record
from tests.unit.models.test_generation import changed

LATER = NOON + timedelta(minutes=3)


def test_a_changed_ready_record_is_not_swapped_for_an_earlier_one() -> None:
    """Its lease is over, so it distinguishes versions; without a change it stays the same."""
    record = a_record()
    assert record.image is not None
    image = replace(record.image, sha256="1" * 64)
    organized = record.organized(("fox",), starred=False)
    assert changed(record, organized) == {"tags", "lease_until"}
    assert organized.organized(("fox",), starred=False) == organized
    assert changed(organized, organized.ready(image)) == {"image", "lease_until"}
    assert record.ready(record.image) == record


def test_a_successor_has_the_tags_star_and_group_of_both() -> None:
    """Tags that differ in case are one; of too many the last are left out."""
    old = a_record(tags=("FOX", "red"), starred=True, group="g")
    successor = a_record(tags=("fox", "blue")).succeeding(old)
    assert (successor.tags, successor.starred, successor.group) == (
        ("fox", "blue", "red"),
        True,
        "g",
    )
    full = a_record(tags=tuple(f"t{n}" for n in range(16)))
    assert full.succeeding(old).tags == full.tags
    assert a_record().succeeding(a_record()).lease_until == a_record().lease_until


def test_another_cutout_keeps_the_tags_and_the_lineage() -> None:
    """It shows the same subject, but is no candidate of the group and was not starred."""
    parent = a_record(group="g", tags=("fox",), starred=True)
    child = parent.cutout("new", now=LATER, lease_until=LATER)
    assert (child.tags, child.root) == (("fox",), parent.id)
    assert (child.group, child.starred) == ("", False)
    grandchild = a_record(root="r").cutout("new", now=LATER, lease_until=LATER)
    assert grandchild.root == "r"
