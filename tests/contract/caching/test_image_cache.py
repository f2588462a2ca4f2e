"""The image cache, in memory alone and in front of Valkey."""

import contextlib
import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage
from app.ports import ImageCache
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.redis import RedisCache
from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.stores.image_stores import CountingSource, image, unexpected

MIB = 1024 * 1024

NewCache = Callable[..., TwoLevelCache]


@pytest.fixture(params=["memory", "memory over redis"])
def new_cache(request: pytest.FixtureRequest) -> Iterator[NewCache]:
    """Return a factory for the cache of one process; caches in front of Valkey share it."""
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param != "memory":
            url = request.getfixturevalue("redis_flushed").patient_url

        def make(**options: float) -> TwoLevelCache:
            shared = RedisCache(url) if url else None
            made = TwoLevelCache(**{"memory_bytes": 8 * MIB, "shared": shared, **options})  # type: ignore[arg-type]  # reason: options of two types
            return stack.enter_context(contextlib.closing(made))

        yield make


@pytest.fixture
def cache(new_cache: NewCache) -> ImageCache:
    """Make the cache of one process."""
    return new_cache()


def test_an_image_is_cached_unchanged(cache: ImageCache) -> None:
    """The second fetch reads nothing, and `peek` finds the image without any read."""
    assert cache.peek("x", "image") is None
    for data in (b"", b"\0\r\n\xff", bytes(300_000)):
        made = cache.fetch(str(len(data)), "image", lambda data=data: image(data))  # type: ignore[misc]  # reason: bound now
        assert cache.fetch(str(len(data)), "image", unexpected) == made == image(data)
        assert cache.peek(str(len(data)), "image") == made


def test_names_and_images_are_independent(cache: ImageCache) -> None:
    """Each name of each image has its own entry, whether it is shared or not."""
    keys = [(image_id, name) for image_id in "ab" for name in ("image", "w=1", "original.png")]
    for image_id, name in keys:
        data = f"{image_id} {name}".encode()
        cache.fetch(image_id, name, CountingSource(image(data)), share=name != "original.png")
    found = [cache.fetch(*key, unexpected, share=key[1] != "original.png").data for key in keys]
    assert found == [f"{image_id} {name}".encode() for image_id, name in keys]


def test_concurrent_fetches_are_coalesced(cache: ImageCache) -> None:
    """Of twenty threads that fetch the same image, one reads it and all get it."""
    source = CountingSource(image())
    source.released.clear()
    threading.Timer(0.05, source.released.set).start()
    assert in_threads(20, lambda _: cache.fetch("x", "image", source)) == [image()] * 20
    assert source.reads == 1


def test_an_error_reaches_all_waiting_fetches_and_is_not_cached(cache: ImageCache) -> None:
    """A failure reaches every fetch that waited for it, and no later one."""
    source = CountingSource(StorageUnavailable())
    source.released.clear()

    def fetch(number: int) -> str:
        if number == 0:
            assert source.started.wait(60)
            source.released.set()
            return "released"
        try:
            cache.fetch("x", "image", source)
        except StorageUnavailable:
            return "failed"
        return "got"

    assert in_threads(8, fetch) == ["released", *["failed"] * 7]
    assert cache.fetch("x", "image", CountingSource(image())) == image()


def test_a_read_may_fetch_another_image(cache: ImageCache) -> None:
    """A read may fetch something else from the cache, as a variant fetches its original."""

    def variant() -> StoredImage:
        original = cache.fetch("x", "original.png", CountingSource(image(b"o")), share=False)
        return image(original.data + b"-variant")

    assert cache.fetch("x", "w=1", variant).data == b"o-variant"


def test_absence_is_remembered_for_a_moment_only(new_cache: NewCache) -> None:
    """Absence is cached for a moment only; other failures are not cached at all."""
    cache = new_cache(absent_seconds=0.1)

    def is_remembered() -> bool:
        absent = CountingSource(ImageNotFound())
        for _ in range(2):
            with pytest.raises(ImageNotFound):
                cache.fetch("x", "image", absent)
        return absent.reads < 2

    def is_found() -> bool:
        with contextlib.suppress(ImageNotFound):
            return cache.fetch("x", "image", CountingSource(image())) == image()
        return False

    wait_until(is_remembered)
    wait_until(is_found)


def test_forgetting_an_image_drops_all_its_entries(cache: ImageCache) -> None:
    """Image, variants, original and absence are dropped, and no other image is."""
    names = ("image", "w=1", "original.png")
    for name in names:
        cache.fetch("x", name, CountingSource(image()), share=name != "original.png")
    cache.fetch("y", "image", CountingSource(image()))
    with pytest.raises(ImageNotFound):
        cache.fetch("x", "w=2", CountingSource(ImageNotFound()))
    cache.forget("x")
    for name in (*names, "w=2"):
        again = CountingSource(image(b"new"))
        assert cache.fetch("x", name, again).data == b"new"
        assert again.reads == 1
    assert cache.fetch("y", "image", unexpected) == image()


def test_forgetting_wins_over_a_running_fetch(cache: ImageCache) -> None:
    """A result that was read before the image was forgotten is kept at neither level."""
    source = CountingSource(image(b"old"))
    source.released.clear()

    def fetch(number: int) -> None:
        if number == 0:
            assert cache.fetch("x", "image", source).data == b"old"
            return
        assert source.started.wait(60)
        cache.forget("x")
        assert cache.fetch("x", "image", CountingSource(image(b"new"))).data == b"new"
        source.released.set()

    in_threads(2, fetch)
    assert cache.fetch("x", "image", unexpected).data == b"new"


def test_memory_is_bounded_and_originals_do_not_evict_images(new_cache: NewCache) -> None:
    """Originals evict no images, and neither exceeds its share of the memory."""
    cache = new_cache(memory_bytes=4 * MIB, shared=None)
    for number in range(20):
        cache.fetch(str(number), "image", CountingSource(image(bytes(40_000))))
    for number in range(20):
        cache.fetch(str(number), "original.png", CountingSource(image(bytes(400_000))), share=False)
    kept = [cache.peek(str(number), "image") for number in range(20)]
    large = [cache.peek(str(number), "original.png") for number in range(20)]
    assert None not in kept
    assert 0 < 20 - large.count(None) <= MIB // 400_000


def test_a_working_cache_is_up(cache: ImageCache) -> None:
    """A cache whose server responds reports that it is up."""
    assert cache.is_up()


def test_cached_absence_holds_no_request() -> None:
    """Cached absence keeps no reference to the request that found it."""
    cache = TwoLevelCache(memory_bytes=1_000_000)

    class Request:
        """Stands for the objects of a request."""

    def nothing() -> StoredImage:
        raise ImageNotFound("nothing there")

    def fetch_once() -> weakref.ref[Request]:
        request = Request()
        with contextlib.suppress(ImageNotFound):
            cache.fetch("an id", "image", nothing)
        return weakref.ref(request)

    reference = fetch_once()
    gc.collect()
    assert reference() is None
