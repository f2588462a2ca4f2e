"""Images that were removed while Redis could not learn of it, or that it has again.

Each server has records, store and clock in common with the others, and its own way to one Valkey.
"""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from app.errors import ImageNotFound, RecordsUnavailable
from app.imaging import Variant
from app.models import ImageRecord
from app.services.caching import redis as redis_cache
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.recent_removals import RecentRemovals
from app.services.caching.redis import RedisCache
from app.usecases.images.images import Images
from app.usecases.images.replacement import ReplaceImage
from app.usecases.images.variants import Variants
from tests.support.builders import World, a_record
from tests.support.concurrency.threads import wait_until
from tests.support.servers.databases import RedisServer, patient
from tests.support.servers.fault_proxy import FaultProxy

SMALL = Variant(width=64, height=64)
AWAY: dict[str, Callable[[FaultProxy], None]] = {
    "refused": FaultProxy.refuse,
    "silent": FaultProxy.black_hole,
    "reset": FaultProxy.reset,
}
REFRESHED_SECONDS = 10.0


class Server:
    """A process of a server, with `memory_bytes` of cache."""

    def __init__(self, world: World, proxy: FaultProxy, memory_bytes: int = 0) -> None:
        self.shared = RedisCache(
            patient(f"redis://{proxy.host}:{proxy.port}/0", 2),
            may_be_removed=RecentRemovals(world.records, world.clock),
            rest_seconds=0,
        )
        self.cache = TwoLevelCache(memory_bytes=memory_bytes, shared=self.shared, absent_seconds=0)
        self.store = CachingStore(world.store, self.cache)
        self.images = Images(self.store, world.records, world.clock)
        self.replace = ReplaceImage(records=world.records, store=self.store, clock=world.clock)
        self.variants = Variants(
            images=self.images,
            store=self.store,
            image_processor=world.image_processor,
            cache=self.cache,
        )

    def serves(self, image_id: str) -> set[str]:
        """Return which of the image and a variant of it are served."""
        served = set()
        with contextlib.suppress(ImageNotFound):
            self.images.fetch(image_id)
            served.add("image")
        with contextlib.suppress(ImageNotFound):
            self.variants.fetch(image_id, SMALL, SMALL.canonical(), admit=lambda: None)
            served.add("variant")
        return served


@pytest.fixture
def world() -> World:
    """Return the records, store and clock of all servers."""
    return World()


@pytest.fixture
def proxy(redis_flushed: RedisServer) -> Iterator[FaultProxy]:
    """Put a proxy in front of an empty Valkey."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@pytest.fixture
def start(world: World, proxy: FaultProxy) -> Iterator[Callable[[], Server]]:
    """Return a function that starts the process of a server."""
    with contextlib.ExitStack() as stack:

        def start() -> Server:
            server = Server(world, proxy)
            stack.callback(server.cache.close)
            return server

        yield start


@pytest.fixture
def record(world: World, start: Callable[[], Server]) -> ImageRecord:
    """Add an image, of which Redis has the image and a variant."""
    record = a_record()
    world.records.insert(record)
    server, key = start(), f"images/{record.id}.png"
    server.store.put(key, b"the image", content_type="image/png")

    def is_cached() -> bool:
        world.events.clear()
        served = server.serves(record.id)
        return served == {"image", "variant"} and "store get" not in world.events

    wait_until(is_cached)
    return record


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("removal", ["deleted", "replaced"])
def test_an_image_that_redis_kept_during_its_removal_is_not_served(
    world: World,
    proxy: FaultProxy,
    start: Callable[[], Server],
    record: ImageRecord,
    away: str,
    removal: str,
) -> None:
    """The process that removed it is killed, and Redis returns: it is gone on every server."""
    server, running = start(), start()
    assert running.serves(record.id) == {"image", "variant"}
    AWAY[away](proxy)
    if removal == "deleted":
        server.images.delete(record.id)
    else:
        replacement = a_record()
        world.records.insert(replacement)
        server.replace(record, replacement)
    server.cache.close()  # what it remembers of the removal is lost
    proxy.restore()
    world.clock.advance(REFRESHED_SECONDS)
    for other in (running, start()):
        assert other.serves(record.id) == set()
        assert other.shared.is_up()


def test_an_image_that_redis_has_again_is_not_served(
    world: World, start: Callable[[], Server], record: ImageRecord, redis_flushed: RedisServer
) -> None:
    """Redis confirmed the deletion, and later returns with older data, as from a backup."""
    with contextlib.closing(Redis.from_url(redis_flushed.url)) as client:
        (key,) = client.keys(f"*{record.id}")
        backup = client.dump(key)
        assert backup is not None
        running = start()
        running.images.delete(record.id)
        client.restore(key, 0, backup, replace=True)
        world.clock.advance(REFRESHED_SECONDS)
        for server in (running, start()):
            assert server.serves(record.id) == set()
        assert client.exists(key)


def test_a_removal_is_noticed_while_it_is_made(
    world: World, start: Callable[[], Server], record: ImageRecord
) -> None:
    """A process killed in the middle of a deletion has marked the record, which is enough."""
    world.records.compare_and_swap(record, record.deleted(world.clock.now()))
    server = start()
    world.store.delete(f"images/{record.id}.png")
    assert server.serves(record.id) == set()


def test_without_records_the_store_is_read(
    world: World, start: Callable[[], Server], record: ImageRecord
) -> None:
    """If it is unknown what was removed, Redis isn't used: the store knows."""
    server = start()
    assert server.serves(record.id) == {"image", "variant"}
    world.records.fail("removals", RecordsUnavailable("down"))
    world.store.delete(f"images/{record.id}.png")
    assert server.serves(record.id) == {"image", "variant"}
    world.clock.advance(REFRESHED_SECONDS)
    assert server.serves(record.id) == set()


def test_a_value_that_redis_kept_for_too_long_is_a_miss(
    start: Callable[[], Server], record: ImageRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is a part of what is verified, so it does not depend on Redis's clock."""
    server = start()
    assert server.shared.get(record.id, "image").image is not None
    monkeypatch.setattr(redis_cache, "_TTL_SECONDS", 0)
    assert server.shared.get(record.id, "image").image is None
