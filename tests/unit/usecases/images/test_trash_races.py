"""Requests that delete, restore and store the same image at the same moment."""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from app.container.generation import build_create_cutout, build_free_images
from app.errors import AppError, ImageNotFound
from app.imaging import CutoutOptions, HoleChoice
from app.models import ImageRecord, State, object_keys
from app.usecases.images.create_cutout import CutoutRequest
from app.usecases.images.recut import RecutImages
from app.usecases.images.trash import Trash
from tests.support.builders import World, a_request
from tests.support.reconcile.runs import outcome, reconcile
from tests.support.tables import each_row


@pytest.fixture
def trash(world: World) -> Trash:
    """Make the use case on the fakes."""
    return replace(build_free_images(world.ports, world.recover).trash, period=timedelta(days=7))


def before_first(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, other: Callable[[], object]
) -> None:
    """Let another request run just before the next call of the store."""
    real, pending = getattr(world.store, call), [other]

    def wait_and_call(*arguments: object, **options: object) -> object:
        if pending:
            pending.pop()()
        return real(*arguments, **options)

    monkeypatch.setattr(world.store, call, wait_and_call)


def keys_of(world: World, record: ImageRecord) -> set[str]:
    """Return the keys of an image's objects."""
    return {key for key in world.store.objects if record.id in key}


def test_nothing_is_left_by_restoring_a_purged_image(
    world: World, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address would serve it for ever, since no later request finds the record."""
    made = world.generate(a_request())
    trash.delete(made.id)
    before_first(world, monkeypatch, "put", lambda: trash.delete(made.id, purge=True))
    with pytest.raises(ImageNotFound):
        trash.restore(made.id)
    assert keys_of(world, made) == set()


def test_an_image_restored_during_its_removal_is_whole(
    world: World, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The late removal takes away what the restoration has put back, and returns it."""
    made = world.generate(a_request())
    before = keys_of(world, made)
    png = world.store.objects[object_keys.image_key(made.id)]
    before_first(world, monkeypatch, "delete", lambda: trash.restore(made.id))
    trash.delete(made.id)
    assert world.records.by_id[made.id].state is State.READY
    assert keys_of(world, made) == before
    assert world.store.objects[object_keys.image_key(made.id)].data == png.data


class InterruptedLog(list[str]):
    """The log of all ports, in which something else happens before one of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.before: int | None = None
        self.happens: Callable[[], None] = lambda: None

    def append(self, event: str) -> None:
        """Log a call of a port; first do what happens before it."""
        super().append(event)
        if len(self) - 1 == self.before:
            self.before = None
            self.happens()


def move_to_trash(world: World, image_id: str) -> None:
    """Move the image to the trash."""
    trash_of(world).delete(image_id)


def restore(world: World, image_id: str) -> None:
    """Return the image from the trash."""
    trash_of(world).restore(image_id)


def purge(world: World, image_id: str) -> None:
    """Delete the image for good."""
    trash_of(world).delete(image_id, purge=True)


def recut(world: World, _: str) -> None:
    """Cut all images out again, in place."""
    recut_images = RecutImages(
        records=world.records, store=world.store, finalizer=world.finalizer, cache=world.cache
    )
    list(recut_images(in_place=True))


def replace_image(world: World, image_id: str) -> None:
    """Let another cutout take the place of the image."""
    free_images = build_free_images(world.ports, world.recover, sleep=world.clock.advance)
    options = CutoutOptions(holes=HoleChoice.parse("keep"))
    request = CutoutRequest(parent_id=image_id, options=options, replace=True)
    build_create_cutout(world.ports, free_images)(request)


def trash_of(world: World) -> Trash:
    """Make the use case on the fakes."""
    return replace(build_free_images(world.ports, world.recover).trash, period=timedelta(days=7))


def world_with(start: str) -> tuple[World, InterruptedLog, str]:
    """Return a world with one image, and its id."""
    world, log = World(), InterruptedLog()
    for fake in vars(world).values():
        if getattr(fake, "events", None) is world.events:
            fake.events = log
    made = world.generate(a_request())
    assert made.image is not None
    earlier = b"made by an earlier version"
    image = replace(made.image, sha256=hashlib.sha256(earlier).hexdigest())
    if start != "ready":
        world.records.by_id[made.id] = replace(made, image=image)
    if start == "outdated":
        world.store.put(object_keys.image_key(made.id), earlier, content_type=object_keys.PNG)
    if start == "in the trash":
        world.records.by_id[made.id] = made
        move_to_trash(world, made.id)
    world.clock.advance(1000)
    return world, log, made.id


STARTS = ("ready", "in the trash", "outdated", "half recut")
ACTIONS = (move_to_trash, restore, purge, recut, replace_image)
OTHERS = ((move_to_trash, restore), (restore,), (purge,), (replace_image,))


@each_row("start, action, others", product(STARTS, ACTIONS, OTHERS))
def test_what_happens_before_any_call_leaves_the_image_at_its_place(
    start: str,
    action: Callable[[World, str], None],
    others: tuple[Callable[[World, str], None], ...],
) -> None:
    """It is served if its record is ready, and only then; `reconcile` finds nothing."""
    call, interrupted = 0, True
    while interrupted:
        interrupted = check_interleaving(call, start, action, others)
        call += 1


def check_interleaving(
    call: int,
    start: str,
    action: Callable[[World, str], None],
    others: tuple[Callable[[World, str], None], ...],
) -> bool:
    """Check one order of the calls; return whether the action has a call of this number."""
    world, log, image_id = world_with(start)

    def run(act: Callable[[World, str], None]) -> None:
        world.clock.advance(0.01)
        with contextlib.suppress(AppError):
            act(world, image_id)

    def interrupt() -> None:
        for other in others:
            run(other)

    log.happens = interrupt
    log.before = len(log) + call
    run(action)
    interrupted = log.before is None
    world.clock.advance(1000)
    record, image = world.records.by_id[image_id], world.store.objects.get(f"images/{image_id}.png")
    assert (image is not None) == (record.state is State.READY), f"before call {call}"
    if image and record.image and start != "half recut":
        assert hashlib.sha256(image.data).hexdigest() == record.image.sha256, f"before call {call}"
    assert outcome(reconcile(world, fix=False)) == {}, f"before call {call}"
    return interrupted
