"""With an owner, the images of other callers count as missing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.errors import ImageNotFound
from app.models import ANONYMOUS, ImageRecord, PageQuery, State
from app.services.caching.memory import MemoryCache
from app.usecases.images.images import Images
from tests.support.builders import World, a_record, a_request

ANN, BOB = replace(ANONYMOUS, id="ann"), replace(ANONYMOUS, id="bob")


@pytest.fixture
def images(world: World) -> Images:
    """Make the use case on the fakes."""
    return Images(
        world.store, world.records, world.clock, MemoryCache(max_bytes=10_000, ttl_seconds=60)
    )


@pytest.fixture
def hers(world: World) -> ImageRecord:
    """Make an image of Ann's."""
    return world.generate(a_request(), caller=ANN, claim="c" * 64)


USES: dict[str, Callable[[Images, str, str], Any]] = {
    "describe": lambda images, image_id, owner: images.record(image_id, owner=owner),
    "delete": lambda images, image_id, owner: images.delete(image_id, owner=owner),
}


@pytest.mark.parametrize("use", USES)
def test_foreign_image_looks_like_a_missing_one(
    use: str, world: World, images: Images, hers: ImageRecord
) -> None:
    """The error is the same except for the id, and nothing is changed."""
    kept, objects = dict(world.records.by_id), dict(world.store.objects)
    errors = []
    for image_id in (hers.id, a_record().id):
        with pytest.raises(ImageNotFound) as raised:
            USES[use](images, image_id, BOB.id)
        errors.append(vars(raised.value) | {"detail": raised.value.detail.replace(image_id, "")})
    assert errors[0] == errors[1]
    assert (world.records.by_id, world.store.objects) == (kept, objects)


@pytest.mark.parametrize("owner", ["ann", None])
def test_owner_and_server_may_do_all(
    owner: str | None, world: World, images: Images, hers: ImageRecord
) -> None:
    """The owner, and a server without API keys, describe, list and delete the image."""
    assert images.record(hers.id, owner=owner).id == hers.id
    assert [record.id for record in images.page(PageQuery(limit=9, owner=owner)).records] == [
        hers.id
    ]
    images.delete(hers.id, owner=owner)
    assert world.store.objects == {}
    assert world.records.by_id[hers.id].owner == "ann"  # the tombstone


def test_list_has_the_owners_images_only(world: World, images: Images, hers: ImageRecord) -> None:
    """Records, totals and matches are those of the owner."""
    world.generate(a_request(), caller=BOB)
    world.generate(a_request(), caller=BOB)
    assert images.page(PageQuery(limit=9)).total == 3
    for words in ((), ("fox",)):
        page = images.page(PageQuery(limit=9, words=words, owner="ann"))
        assert ([record.id for record in page.records], page.total) == ([hers.id], 1)


def test_own_image_is_cached(world: World, images: Images, hers: ImageRecord) -> None:
    """An owner never changes, so it is read once; a missing image is not cached."""
    world.events.clear()
    for _ in range(3):
        images.check_owner(hers.id, "ann")
    assert world.events.count("records get") == 1
    late = a_record(owner="bob")
    with pytest.raises(ImageNotFound):
        images.check_owner(late.id, "bob")
    world.records.insert(late)
    images.check_owner(late.id, "bob")


@pytest.mark.parametrize("is_cached", [False, True])
def test_foreign_image_takes_the_work_of_a_missing_one(
    world: World, images: Images, hers: ImageRecord, is_cached: bool
) -> None:
    """Each check reads the records, repeated or not, and after its owner read the image."""
    if is_cached:
        images.check_owner(hers.id, "ann")
    work = []
    for image_id in (hers.id, a_record().id):
        world.events.clear()
        for owner in ("bob", "bob", ""):
            with pytest.raises(ImageNotFound):
                images.check_owner(image_id, owner)
        work.append(list(world.events))
    assert work[0] == work[1] == ["records get"] * 3


def test_empty_owner_owns_nothing(world: World, images: Images, hers: ImageRecord) -> None:
    """Images made without a key have no owner, and the list of that owner is empty."""
    unowned = world.generate(a_request())
    page = images.page(PageQuery(limit=9, owner=""))
    assert (list(page.records), page.total, page.more) == ([], 0, False)
    for use in USES.values():
        for made in (hers, unowned):
            with pytest.raises(ImageNotFound):
                use(images, made.id, "")
    assert {hers.id, unowned.id} <= world.records.by_id.keys()


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.FAILED])
def test_image_has_its_owner_before_it_is_ready(
    world: World, images: Images, hers: ImageRecord, state: State
) -> None:
    """So a caller can read an image whose record could not be set ready."""
    world.records.by_id[hers.id] = replace(hers, state=state)
    images.check_owner(hers.id, "ann")


def test_deleted_image_has_no_owner(world: World, images: Images, hers: ImageRecord) -> None:
    """As soon as the image is deleted it has no owner, though its tombstone has one."""
    images.check_owner(hers.id, "ann")
    images.delete(hers.id, owner="ann")
    assert world.records.by_id[hers.id].owner == "ann"
    with pytest.raises(ImageNotFound):
        images.check_owner(hers.id, "ann")
