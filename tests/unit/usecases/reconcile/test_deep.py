"""The deep check: all bytes are compared, repaired from verified originals, and resumed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from app.container.generation import build_deep_check
from app.models import ImageRecord, object_keys
from app.usecases.reconcile.deep import DeepCheck
from app.usecases.reconcile.verify import Verdict
from tests.support.builders import World, a_request

Damage = Callable[[World, ImageRecord], None]


@dataclass
class FakeCursor:
    """A place in memory, and how often it was saved."""

    place: str = ""
    saves: int = 0

    def load(self) -> str:
        """See Cursor."""
        return self.place

    def save(self, image_id: str) -> None:
        """See Cursor."""
        self.place, self.saves = image_id, self.saves + 1

    def clear(self) -> None:
        """See Cursor."""
        self.place = ""


def deep_check(world: World, cursor: FakeCursor | None = None) -> DeepCheck:
    """Build the use case on fakes, without waiting."""
    made = build_deep_check(world.ports, world.recover, cursor or FakeCursor())
    return replace(made, sleep=lambda _: None)


def _change(folder: str, extension: str) -> Damage:
    def apply(world: World, record: ImageRecord) -> None:
        key = f"{folder}/{record.id}.{extension}"
        world.store.objects[key] = replace(world.store.objects[key], data=b"other")

    return apply


def _forget_hash(world: World, record: ImageRecord) -> None:
    assert record.original
    original = replace(record.original, sha256="")
    world.records.by_id[record.id] = replace(record, original=original)


@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize(
    ("damage", "verdict", "repaired"),
    [
        (_change("images", "png"), Verdict.DAMAGED, True),
        (_change("originals", "png"), Verdict.DAMAGED, False),
        (_forget_hash, Verdict.UNKNOWN, True),
        (
            lambda world, record: world.store.delete(f"images/{record.id}.png"),
            Verdict.MISSING,
            True,
        ),
    ],
    ids=["image", "original", "no hash", "no image"],
)
def test_what_is_found_and_repaired(
    world: World, damage: Damage, verdict: Verdict, repaired: bool, fix: bool
) -> None:
    """Only a damaged original is beyond repair; without `fix` nothing changes."""
    record = world.generate(a_request())
    world.generate(a_request(prompt="Another"))
    before = dict(world.store.objects)
    damage(world, record)
    report = deep_check(world)(fix=fix, mb_per_second=20)
    assert (report.images, report.verdicts[verdict]) == (2, 1)
    assert (report.repaired, report.remaining) == ((1, 0) if fix and repaired else (0, 1))
    if fix and repaired:
        assert {key: one.data for key, one in world.store.objects.items()} == {
            key: one.data for key, one in before.items()
        }
        again = deep_check(world)(fix=False, mb_per_second=20)
        assert (again.remaining, set(again.verdicts)) == (0, {Verdict.OK})


def test_damaged_original_is_not_cut_out(world: World) -> None:
    """An image is not repaired from an original whose hash is wrong."""
    record = world.generate(a_request())
    _change("images", "png")(world, record)
    _change("originals", "png")(world, record)
    report = deep_check(world)(fix=True, mb_per_second=20)
    assert (report.repaired, report.remaining) == (0, 2)


def test_interrupted_check_is_continued(world: World) -> None:
    """After an interruption no image is read twice, and none is left out."""
    ids = sorted(world.generate(a_request(prompt=str(number))).id for number in range(5))
    cursor, checked = FakeCursor(), deep_check(world)

    def interrupt(_: float) -> None:
        if cursor.saves == 2:
            raise KeyboardInterrupt

    first = replace(checked, cursor=cursor, sleep=interrupt)
    with pytest.raises(KeyboardInterrupt):
        first(fix=False, mb_per_second=20)
    assert cursor.place == ids[1]
    report = replace(checked, cursor=cursor)(fix=False, mb_per_second=20)
    assert (report.resumed_after, report.images, cursor.place) == (ids[1], 3, "")


def test_reading_is_limited(world: World) -> None:
    """It waits for as long as the bytes of each image take at that rate."""
    record = world.generate(a_request())
    size = sum(len(one.data) for one in world.store.objects.values())
    waits: list[float] = []
    replace(deep_check(world), sleep=waits.append)(fix=False, mb_per_second=0.5)
    assert waits == [pytest.approx(size / 500_000)]
    assert object_keys.image_key(record.id) in world.store.objects
