import time

from hypothesis import given
from hypothesis import strategies as st

from app.services.memory_cache import MemoryCache
from tests.threads import at_once

KEYS = "abcdef"


def held(cache: MemoryCache) -> dict[str, bytes]:
    """Return everything that can be had from the cache."""
    found = {key: cache.get(key) for key in KEYS}
    return {key: value for key, value in found.items() if value is not None}


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 12) | st.none()), max_size=60))
def test_it_never_holds_more_than_its_limit(steps: list[tuple[str, int | None]]) -> None:
    """After any puts and deletions the values fit, and each is the one that was put last."""
    cache = MemoryCache(max_bytes=20, ttl_seconds=60)
    last: dict[str, bytes | None] = {}
    for number, (key, size) in enumerate(steps):
        if size is None:
            cache.delete(key)
            last[key] = None
        else:
            last[key] = bytes([number]) * size
            cache.put(key, last[key] or b"")
            assert cache.get(key) == last[key]
        values = held(cache)
        assert sum(map(len, values.values())) <= 20
        assert all(value == last[name] for name, value in values.items())


def test_the_value_unused_for_longest_goes_first() -> None:
    """Reading and putting both count as use."""
    cache = MemoryCache(max_bytes=4, ttl_seconds=60)
    for key in "abcd":
        cache.put(key, b"1")
    cache.get("a")
    cache.put("b", b"2")
    cache.put("e", b"3")
    assert sorted(held(cache)) == ["a", "b", "d", "e"]
    cache.put("f", b"333")
    assert "f" in held(cache)
    assert "d" not in held(cache)


def test_room_that_deletions_and_replacements_free_is_used() -> None:
    """The books stay right: what is gone takes no room."""
    cache = MemoryCache(max_bytes=10, ttl_seconds=60)
    for _ in range(5):
        cache.put("a", b"1" * 10)
        cache.delete("a")
        cache.put("a", b"1" * 8)
        cache.put("a", b"2")
    cache.put("b", b"3" * 9)
    assert held(cache) == {"a": b"2", "b": b"3" * 9}


def test_a_value_that_can_not_fit_is_not_kept_and_evicts_nothing_else() -> None:
    """A value over the limit leaves the others in peace, and its own old value is not served."""
    cache = MemoryCache(max_bytes=4, ttl_seconds=60)
    cache.put("a", b"old")
    cache.put("b", b"1")
    cache.put("a", b"larger than all")
    assert held(cache) == {"b": b"1"}


def test_values_expire() -> None:
    """After its time a value is gone, and its room is free."""
    cache = MemoryCache(max_bytes=4, ttl_seconds=0.01)
    cache.put("a", b"1111")
    time.sleep(0.02)
    assert cache.get("a") is None
    cache.put("b", b"2222")
    time.sleep(0.02)
    assert held(cache) == {}


def test_the_time_of_a_value_runs_from_its_putting() -> None:
    """Reading a value does not prolong its life, which bounds how long a deleted one is served."""
    cache = MemoryCache(max_bytes=4, ttl_seconds=0.1)
    cache.put("a", b"1")
    for _ in range(8):
        time.sleep(0.02)
        cache.get("a")
    assert cache.get("a") is None


def test_threads_do_not_spoil_the_books() -> None:
    """After many threads have used it, all of its room can be used."""
    cache = MemoryCache(max_bytes=100, ttl_seconds=60)

    def use(thread: int) -> None:
        for number in range(500):
            key = KEYS[(thread + number) % len(KEYS)]
            cache.put(key, bytes(number % 40))
            cache.get(key)
            cache.delete(KEYS[number % len(KEYS)])

    at_once(8, use)
    for key in KEYS:
        cache.delete(key)
    cache.put("a", bytes(50))
    cache.put("b", bytes(50))
    assert len(held(cache)) == 2
