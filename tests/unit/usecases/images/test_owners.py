"""Where an owner is given, another's images are as if they weren't there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.errors import ImageNotFound
from app.models import ANONYMOUS, ImageRecord, PageQuery, State
from app.services.caching.memory import MemoryCache
from app.usecases.images.images import Images
from tests.support.builders import World, a_generation, a_request

ANN, BOB = replace(ANONYMOUS, id="ann"), replace(ANONYMOUS, id="bob")


@pytest.fixture
def images(world: World) -> Images:
    """Make the use case on the fakes."""
    return Images(world.store, world.records, MemoryCache(max_bytes=10_000, ttl_seconds=60))


@pytest.fixture
def hers(world: World) -> ImageRecord:
    """Make an image of Ann's."""
    return world.generate(a_request(), caller=ANN, claim="c" * 64)


USES: dict[str, Callable[[Images, str, str], Any]] = {
    "describe": lambda images, image_id, owner: images.record(image_id, owner=owner),
    "delete": lambda images, image_id, owner: images.delete(image_id, owner=owner),
}


@pytest.mark.parametrize("use", USES)
def test_anothers_image_is_as_absent_as_one_that_never_was(
    use: str, world: World, images: Images, hers: ImageRecord
) -> None:
    """The error is the same to the letter but for the id, and nothing is touched."""
    kept, objects = dict(world.records.by_id), dict(world.store.objects)
    said = []
    for image_id in (hers.id, a_generation().id):
        with pytest.raises(ImageNotFound) as raised:
            USES[use](images, image_id, BOB.id)
        said.append(vars(raised.value) | {"detail": raised.value.detail.replace(image_id, "")})
    assert said[0] == said[1]
    assert (world.records.by_id, world.store.objects) == (kept, objects)


@pytest.mark.parametrize("owner", ["ann", None])
def test_the_owner_and_the_server_itself_may_do_all(
    owner: str | None, world: World, images: Images, hers: ImageRecord
) -> None:
    """Ann, and a server that asks for no keys, describe, list and delete the image."""
    assert images.record(hers.id, owner=owner).id == hers.id
    assert [row.id for row in images.page(PageQuery(limit=9, owner=owner)).records] == [hers.id]
    images.delete(hers.id, owner=owner)
    assert world.store.objects == {}
    assert world.records.by_id[hers.id].owner == "ann"  # what is left for the key's sake


def test_an_owners_list_has_only_her_images(
    world: World, images: Images, hers: ImageRecord
) -> None:
    """Rows, totals and matches are of the owner's images."""
    world.generate(a_request(), caller=BOB)
    world.generate(a_request(), caller=BOB)
    assert images.page(PageQuery(limit=9)).total == 3
    for words in ((), ("fox",)):
        page = images.page(PageQuery(limit=9, words=words, owner="ann"))
        assert ([row.id for row in page.records], page.total) == ([hers.id], 1)


def test_the_owner_of_an_image_is_asked_for_once(
    world: World, images: Images, hers: ImageRecord
) -> None:
    """It never changes; but of an image that isn't there nothing is remembered."""
    world.events.clear()
    assert [images.owner_of(hers.id) for _ in range(3)] == ["ann"] * 3
    assert world.events.count("records get") == 1
    late = a_generation(owner="bob")
    with pytest.raises(ImageNotFound):
        images.owner_of(late.id)
    world.records.insert(late)
    assert images.owner_of(late.id) == "bob"


def test_who_has_no_id_owns_nothing(world: World, images: Images, hers: ImageRecord) -> None:
    """Images that were made without a key are nobody's, and nobody's list has nothing in it."""
    nobodys = world.generate(a_request())
    page = images.page(PageQuery(limit=9, owner=""))
    assert (list(page.records), page.total, page.more) == ([], 0, False)
    for use in USES.values():
        for made in (hers, nobodys):
            with pytest.raises(ImageNotFound):
                use(images, made.id, "")
    assert {hers.id, nobodys.id} <= world.records.by_id.keys()


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.FAILED])
def test_an_image_has_its_owner_before_its_row_is_ready(
    world: World, images: Images, hers: ImageRecord, state: State
) -> None:
    """So who was answered, but whose row could not be set ready, can read the image."""
    world.records.by_id[hers.id] = replace(hers, state=state)
    assert images.owner_of(hers.id) == "ann"


def test_a_deleted_image_is_forgotten(world: World, images: Images, hers: ImageRecord) -> None:
    """From the moment that it is deleted it has no owner, though its bare row has."""
    assert images.owner_of(hers.id) == "ann"
    images.delete(hers.id, owner="ann")
    assert world.records.by_id[hers.id].owner == "ann"
    with pytest.raises(ImageNotFound):
        images.owner_of(hers.id)
