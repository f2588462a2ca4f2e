"""Requests that delete, restore and store the same image at the same moment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.container.generation import build_free_images
from app.errors import ImageNotFound
from app.models import ImageRecord, State, object_keys
from app.usecases.images.trash import Trash
from tests.support.builders import World, a_request


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
