"""What the image cache promises: in memory alone, and in memory over Valkey."""

import contextlib
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage
from app.ports import ImageCache
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.redis import RedisCache
from tests.support.concurrency.eventually import eventually
from tests.support.concurrency.threads import at_once
from tests.support.servers.databases import RedisServer

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIB = 1024 * 1024


def image(data: bytes = b"the image") -> StoredImage:
    """Make an image of these bytes."""
    return StoredImage(data=data, content_type="image/png", modified=NOON)


class Maker:
    """Makes an image, or fails, and counts how often it was asked."""

    def __init__(self, made: StoredImage | Exception) -> None:
        self.made, self.asked = made, 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self) -> StoredImage:
        """Make it, once it may go on."""
        self.asked += 1
        self.begun.set()
        assert self.go_on.wait(10)
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


def never() -> StoredImage:
    """Fail if asked."""
    raise AssertionError("made again")


NewCache = Callable[..., TwoLevelCache]


@pytest.fixture(params=["memory", "memory over redis"])
def new_cache(request: pytest.FixtureRequest) -> Iterator[NewCache]:
    """Give what makes the cache of one process; those over Valkey share it."""
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param != "memory":
            url = request.getfixturevalue("redis_flushed").url

        def make(**options: float) -> TwoLevelCache:
            shared = RedisCache(url) if url else None
            made = TwoLevelCache(**{"memory_bytes": 8 * MIB, "shared": shared, **options})  # type: ignore[arg-type]  # reason: options of two types
            return stack.enter_context(contextlib.closing(made))

        yield make


@pytest.fixture
def cache(new_cache: NewCache) -> ImageCache:
    """Make the cache of one process."""
    return new_cache()


@pytest.fixture
def two(redis_flushed: RedisServer) -> Iterator[tuple[TwoLevelCache, TwoLevelCache]]:
    """Make the caches of two processes over one Valkey, without memory of their own."""
    with contextlib.ExitStack() as stack:
        caches = [
            stack.enter_context(
                contextlib.closing(TwoLevelCache(memory_bytes=0, shared=RedisCache(url)))
            )
            for url in [redis_flushed.url] * 2
        ]
        yield caches[0], caches[1]


def test_what_was_made_is_remembered_as_it_is(cache: ImageCache) -> None:
    """The second fetch makes nothing, and peeking finds it without asking anybody."""
    assert cache.peek("x", "image") is None
    for data in (b"", b"\0\r\n\xff", bytes(300_000)):
        made = cache.fetch(str(len(data)), "image", lambda data=data: image(data))  # type: ignore[misc]  # reason: bound now
        assert cache.fetch(str(len(data)), "image", never) == made == image(data)
        assert cache.peek(str(len(data)), "image") == made


def test_names_and_images_are_independent(cache: ImageCache) -> None:
    """Each name of each image has its own entry, whether it is shared or not."""
    keys = [(image_id, name) for image_id in "ab" for name in ("image", "w=1", "original.png")]
    for image_id, name in keys:
        data = f"{image_id} {name}".encode()
        cache.fetch(image_id, name, Maker(image(data)), share=name != "original.png")
    found = [cache.fetch(*key, never, share=key[1] != "original.png").data for key in keys]
    assert found == [f"{image_id} {name}".encode() for image_id, name in keys]


def test_many_who_ask_at_once_are_one_fetch(cache: ImageCache) -> None:
    """Of twenty threads that want the same, one makes it and all get it."""
    maker = Maker(image())
    maker.go_on.clear()
    threading.Timer(0.05, maker.go_on.set).start()
    assert at_once(20, lambda _: cache.fetch("x", "image", maker)) == [image()] * 20
    assert maker.asked == 1


def test_all_who_wait_get_the_error_and_it_is_not_remembered(cache: ImageCache) -> None:
    """A failure reaches everyone who waited for it, and nobody who asks afterwards."""
    maker = Maker(StorageUnavailable())
    maker.go_on.clear()

    def ask(number: int) -> str:
        if number == 0:
            assert maker.begun.wait(10)
            maker.go_on.set()
            return "opened"
        try:
            cache.fetch("x", "image", maker)
        except StorageUnavailable:
            return "failed"
        return "got"

    assert at_once(8, ask) == ["opened", *["failed"] * 7]
    assert cache.fetch("x", "image", Maker(image())) == image()


def test_different_things_are_made_side_by_side(cache: ImageCache) -> None:
    """Who makes one thing may fetch another meanwhile, as a variant fetches its original."""

    def variant() -> StoredImage:
        original = cache.fetch("x", "original.png", Maker(image(b"o")), share=False)
        return image(original.data + b"-variant")

    assert cache.fetch("x", "w=1", variant).data == b"o-variant"


def test_absence_is_remembered_for_a_moment_only(new_cache: NewCache) -> None:
    """An absent image is not looked for again at once, but soon; other failures at once."""
    cache = new_cache(absent_seconds=0.1)
    absent = Maker(ImageNotFound())
    for _ in range(2):
        with pytest.raises(ImageNotFound):
            cache.fetch("x", "image", absent)
    assert absent.asked == 1

    def is_found() -> bool:
        with contextlib.suppress(ImageNotFound):
            return cache.fetch("x", "image", Maker(image())) == image()
        return False

    eventually(is_found)


def test_forgetting_takes_everything_of_an_image(cache: ImageCache) -> None:
    """Image, variants, original and absence are gone, and no other image is."""
    names = ("image", "w=1", "original.png")
    for name in names:
        cache.fetch("x", name, Maker(image()), share=name != "original.png")
    cache.fetch("y", "image", Maker(image()))
    with pytest.raises(ImageNotFound):
        cache.fetch("x", "w=2", Maker(ImageNotFound()))
    cache.forget("x")
    for name in (*names, "w=2"):
        again = Maker(image(b"new"))
        assert cache.fetch("x", name, again).data == b"new"
        assert again.asked == 1
    assert cache.fetch("y", "image", never) == image()


def test_forgetting_wins_over_a_fetch_under_way(cache: ImageCache) -> None:
    """What was read before the forgetting is not kept after it, at neither level."""
    maker = Maker(image(b"old"))
    maker.go_on.clear()

    def ask(number: int) -> None:
        if number == 0:
            assert cache.fetch("x", "image", maker).data == b"old"
            return
        assert maker.begun.wait(10)
        cache.forget("x")
        assert cache.fetch("x", "image", Maker(image(b"new"))).data == b"new"
        maker.go_on.set()

    at_once(2, ask)
    assert cache.fetch("x", "image", never).data == b"new"


def test_forgetting_wins_over_a_fetch_of_another_process(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """What another process read before the deletion, and puts after it, is served by nobody."""
    mine, other = two
    slow = Maker(image(b"old"))
    slow.go_on.clear()

    def ask(number: int) -> None:
        if number == 0:
            other.fetch("x", "image", slow)
        else:
            assert slow.begun.wait(10)
            mine.forget("x")
            slow.go_on.set()

    at_once(2, ask)
    for cache in two:
        with pytest.raises(ImageNotFound):
            cache.fetch("x", "image", Maker(ImageNotFound()))


def test_an_image_that_replaced_another_is_shared_again(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """Forgetting keeps nothing out: what is read afterwards is found by all processes."""
    mine, other = two
    mine.fetch("x", "image", Maker(image(b"old")))
    mine.forget("x")
    assert mine.fetch("x", "image", Maker(image(b"new"))).data == b"new"
    assert other.fetch("x", "image", never).data == b"new"


def test_processes_share_images_but_not_what_is_large(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """An image is made once for all processes, an original by each for itself."""
    mine, other = two
    for name, share, times in (("image", True, 0), ("original.png", False, 1)):
        mine.fetch("x", name, Maker(image()), share=share)
        maker = Maker(image())
        other.fetch("x", name, maker, share=share)
        assert maker.asked == times


def test_memory_is_bounded_and_originals_do_not_push_images_out(new_cache: NewCache) -> None:
    """However many originals are read, images stay; and neither takes more than its part."""
    cache = new_cache(memory_bytes=4 * MIB, shared=None)
    for number in range(20):
        cache.fetch(str(number), "image", Maker(image(bytes(40_000))))
    for number in range(20):
        cache.fetch(str(number), "original.png", Maker(image(bytes(400_000))), share=False)
    kept = [cache.peek(str(number), "image") for number in range(20)]
    large = [cache.peek(str(number), "original.png") for number in range(20)]
    assert None not in kept
    assert 0 < 20 - large.count(None) <= MIB // 400_000


def test_an_image_has_a_bounded_number_of_things(
    two: tuple[TwoLevelCache, TwoLevelCache], redis_flushed: RedisServer
) -> None:
    """However many variants are asked for, Redis keeps at most 256 fields of an image."""
    for number in range(300):
        two[0].fetch("x", f"w={number}", Maker(image(b"")))
    with Redis.from_url(redis_flushed.url) as redis:
        (key,) = redis.keys("*")
        assert redis.hlen(key) <= 256
    assert two[1].fetch("x", "w=299", never) == image(b"")


@pytest.fixture
def field(redis_flushed: RedisServer) -> Iterator[tuple[Redis, bytes, bytes]]:
    """Give a client, the key of an image in Valkey, and its sound value."""
    with contextlib.closing(RedisCache(redis_flushed.url)) as shared:
        shared.put("x", "image", image(), generation=b"")
        with Redis.from_url(redis_flushed.url) as redis:
            (key,) = redis.keys("*")
            yield redis, key, redis.hget(key, "image") or b""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_bytes_are_there_only_sound_ones_are_served(
    two: tuple[TwoLevelCache, TwoLevelCache], field: tuple[Redis, bytes, bytes], data: st.DataObject
) -> None:
    """Foreign bytes, cut ones, grown ones and single changed ones are made anew and replaced."""
    redis, key, sound = field
    place = data.draw(st.integers(0, len(sound) - 1))
    poison = data.draw(
        st.sampled_from(
            [
                sound[:place],
                sound + b"\0",
                sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :],
            ]
        )
        | st.binary(max_size=200)
    )
    redis.hset(key, "image", poison)
    maker = Maker(image())
    assert two[0].fetch("x", "image", maker) == image()
    assert maker.asked == 1
    assert redis.hget(key, "image") == sound


def test_a_sound_value_under_another_name_is_not_served(
    two: tuple[TwoLevelCache, TwoLevelCache], field: tuple[Redis, bytes, bytes]
) -> None:
    """A value that was moved to another field or image is no value there."""
    redis, key, sound = field
    redis.hset(key, "w=1", sound)
    redis.hset(key[:-1] + b"y", "image", sound)
    for place in (("x", "w=1"), ("y", "image")):
        assert two[0].fetch(*place, Maker(image(b"right"))).data == b"right"


def test_a_cache_that_works_is_up(cache: ImageCache) -> None:
    """A cache in good health says so."""
    assert cache.is_up()


def test_absence_keeps_nothing_of_who_asked() -> None:
    """What is remembered of a name that nothing has is that alone, and no part of a request."""
    cache = TwoLevelCache(memory_bytes=1_000_000)

    class Request:
        """What a caller has in hand."""

    def nothing() -> StoredImage:
        raise ImageNotFound("nothing there")

    def ask() -> weakref.ref[Request]:
        request = Request()
        with contextlib.suppress(ImageNotFound):
            cache.fetch("an id", "image", nothing)
        return weakref.ref(request)

    asked = ask()
    gc.collect()
    assert asked() is None
