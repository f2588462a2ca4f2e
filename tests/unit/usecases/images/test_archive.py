"""Archives of images: what is read, and how many at the same time."""

import io
import zipfile

import pytest

from app.container.waiting import places_for
from app.errors import ImageNotFound, Overloaded, StorageUnavailable
from app.usecases.images.archive import ImageArchive
from app.usecases.images.images import Images
from tests.support.builders import World

FIRST = "500e1665-0b52-4734-9ec8-c7241187276b"
SECOND = "7b0f3c52-41c6-4d8e-8a3b-2f6d1e9c0a47"


def archive(world: World) -> ImageArchive:
    """Store an image, and return the use case on the fakes."""
    world.store.put(f"images/{FIRST}.png", b"image", content_type="image/png")
    images = Images(world.store, world.records, world.clock)
    return ImageArchive(images, places_for("archives"))


def test_an_archive_is_as_new_as_its_newest_image(world: World) -> None:
    """It has the images under their names, and the time of the last one stored."""
    use_case = archive(world)
    world.clock.advance(60)
    world.store.put(f"images/{SECOND}.png", b"other", content_type="image/png")
    made = use_case.fetch([SECOND, FIRST])
    with zipfile.ZipFile(io.BytesIO(made.data)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    assert files == {f"{SECOND}.png": b"other", f"{FIRST}.png": b"image"}
    assert made.modified == world.store.objects[f"images/{SECOND}.png"].modified


def test_archives_beyond_the_limit_are_refused(world: World) -> None:
    """While four are made, a fifth is refused; afterwards there is room again."""
    use_case = archive(world)
    for _ in range(4):
        use_case.packing.__enter__()
    with pytest.raises(Overloaded):
        use_case.fetch([FIRST])
    use_case.packing.__exit__(None, None, None)
    assert use_case.fetch([FIRST]).data


def test_a_failure_returns_the_place(world: World) -> None:
    """Missing images and a store that fails leave no place occupied."""
    use_case = archive(world)
    for _ in range(10):
        with pytest.raises(ImageNotFound):
            use_case.fetch([FIRST, SECOND])
    world.store.fail("get images", StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        use_case.fetch([FIRST])
