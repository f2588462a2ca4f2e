from hypothesis import given
from hypothesis import strategies as st

from app.services.caching.memory import ENTRY_BYTES, MemoryCache
from tests.support.concurrency.threads import in_threads, wait_until

IDS, NAMES = "abcd", ("image", "w=1")


def room(values: int, size: int = 0) -> int:
    """Return the bytes that a number of values of that size take."""
    return values * (size + ENTRY_BYTES)


def put(cache: MemoryCache[bytes], image_id: str, value: bytes, name: str = "image") -> None:
    """Put a value with its size."""
    cache.put(image_id, name, value, size=len(value))


def held(cache: MemoryCache[bytes]) -> dict[tuple[str, str], bytes]:
    """Return all entries of the cache."""
    found = {(image_id, name): cache.get(image_id, name) for image_id in IDS for name in NAMES}
    return {key: value for key, value in found.items() if value is not None}


@given(
    st.lists(
        st.tuples(st.sampled_from(IDS), st.sampled_from(NAMES), st.integers(0, 3000) | st.none()),
        max_size=60,
    )
)
def test_it_never_holds_more_than_its_limit(steps: list[tuple[str, str, int | None]]) -> None:
    """After any sequence of calls the values fit, and each is the last one that was put."""
    limit = room(3, 1000)
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=limit, ttl_seconds=60)
    last: dict[tuple[str, str], bytes] = {}
    for number, (image_id, name, size) in enumerate(steps):
        if size is None:
            cache.forget(image_id)
            last = {key: value for key, value in last.items() if key[0] != image_id}
        else:
            last[image_id, name] = bytes([number]) * size
            put(cache, image_id, last[image_id, name], name)
            assert cache.get(image_id, name) == last[image_id, name]
        values = held(cache)
        assert sum(len(value) + ENTRY_BYTES for value in values.values()) <= limit
        assert all(value == last[key] for key, value in values.items())


def test_the_least_recently_used_value_is_evicted_first() -> None:
    """Reading and storing both count as use."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(3, 1), ttl_seconds=60)
    for image_id in "abc":
        put(cache, image_id, b"1")
    cache.get("a", "image")
    put(cache, "b", b"2")
    put(cache, "d", b"3")
    assert {key[0] for key in held(cache)} == {"a", "b", "d"}


def test_released_room_is_used_again() -> None:
    """Forgotten and replaced values take no room."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(2, 10), ttl_seconds=60)
    for _ in range(5):
        put(cache, "a", b"1" * 10)
        cache.forget("a")
        put(cache, "a", b"1" * 8)
        put(cache, "a", b"2" * 10)
    put(cache, "b", b"3" * 10)
    assert held(cache) == {("a", "image"): b"2" * 10, ("b", "image"): b"3" * 10}


def test_a_value_above_the_limit_is_not_kept_and_evicts_nothing() -> None:
    """A value above the limit evicts nothing, and its old value is not served."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(2, 10), ttl_seconds=60)
    put(cache, "a", b"old")
    put(cache, "b", b"1")
    put(cache, "a", bytes(room(2, 11)))
    assert held(cache) == {("b", "image"): b"1"}


def test_forgetting_an_image_drops_all_its_entries_and_no_others() -> None:
    """Forgetting an image drops every entry under its id."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(8, 1), ttl_seconds=60)
    for image_id in "ab":
        for name in NAMES:
            put(cache, image_id, image_id.encode(), name)
    cache.forget("a")
    assert {key[0] for key in held(cache)} == {"b"}


def test_values_expire_however_often_they_are_read() -> None:
    """Reading does not extend a value's lifetime, so deleted images are served briefly only."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(1, 9), ttl_seconds=0.05)

    def is_kept() -> bool:
        put(cache, "a", b"1")
        return cache.get("a", "image") == b"1"

    wait_until(is_kept)
    wait_until(lambda: cache.get("a", "image") is None)
    put(cache, "b", b"123456789")
    assert held(cache) == {("b", "image"): b"123456789"}


def test_threads_keep_the_accounting_correct() -> None:
    """After use by many threads, exactly the whole capacity is available."""
    cache: MemoryCache[bytes] = MemoryCache(max_bytes=room(3, 10), ttl_seconds=60)

    def work(number: int) -> None:
        for turn in range(200):
            image_id = IDS[(number + turn) % 4]
            put(cache, image_id, bytes([number]) * 10, NAMES[turn % 2])
            cache.get(image_id, "image")
            if turn % 7 == 0:
                cache.forget(image_id)

    in_threads(8, work)
    for image_id in "abc":
        put(cache, image_id, b"1234567890")
    assert {key[0] for key in held(cache)} == set("abc")
