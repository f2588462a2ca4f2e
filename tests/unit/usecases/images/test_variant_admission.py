"""Which requests for variants count against the limit of their caller."""

import threading
from collections.abc import Callable

import pytest

from app.errors import RateLimited
from app.imaging import Variant
from app.models import StoredImage
from app.services.caching.image_cache import TwoLevelCache
from app.usecases.images.images import Images
from app.usecases.images.variants import Variants
from tests.support.builders import World

ID = "500e1665-0b52-4734-9ec8-c7241187276b"
SMALL = Variant(width=64, height=64)


class Joining:
    """Notes that a thread has begun to wait for another one's call."""

    def __init__(self) -> None:
        self.joined = threading.Event()

    def __enter__(self) -> None:
        self.joined.set()

    def __exit__(self, *_: object) -> None:
        return


@pytest.fixture
def joining() -> Joining:
    """Create what waiting threads enter."""
    return Joining()


@pytest.fixture
def variants(world: World, joining: Joining) -> Variants:
    """Make the use case on a stored image, with the real cache."""
    world.store.put(f"images/{ID}.png", b"image", content_type="image/png")
    return Variants(
        images=Images(world.store, world.records, world.clock),
        store=world.store,
        image_processor=world.image_processor,
        cache=TwoLevelCache(memory_bytes=1_000_000, joining=joining),
    )


def fetch(use_case: Variants, variant: Variant, admit: Callable[[], None]) -> StoredImage:
    """Fetch a variant of the stored image."""
    return use_case.fetch(ID, variant, variant.canonical(), admit=admit)


def test_only_new_variants_count(variants: Variants) -> None:
    """A variant is admitted before it is rendered; a cached or plain one needs no admission."""
    admitted: list[int] = []
    for variant in (SMALL, SMALL, Variant()):
        fetch(variants, variant, lambda: admitted.append(1))
    assert len(admitted) == 1


def test_refused_caller_refuses_no_other(variants: Variants, joining: Joining) -> None:
    """If a caller over its limit requests a variant first, another who waits for it gets it."""
    results: list[StoredImage] = []

    def refuse() -> None:
        thread.start()
        assert joining.joined.wait(60)
        raise RateLimited

    thread = threading.Thread(target=lambda: results.append(fetch(variants, SMALL, lambda: None)))
    with pytest.raises(RateLimited):
        fetch(variants, SMALL, refuse)
    thread.join()
    assert [one.data for one in results] == [b"h=64&w=64 of image"]
