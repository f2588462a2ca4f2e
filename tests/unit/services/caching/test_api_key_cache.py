"""The cache of API keys: few lookups, fast revocation, and bounded memory."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import RecordsUnavailable, Unauthorized
from app.models import ApiKey
from app.services.caching.api_key_cache import KEYS, REST_SECONDS, SECONDS
from app.usecases.auth.key_format import id_in, new_id, new_text
from tests.support.api_key_service import ApiKeyService
from tests.support.concurrency.threads import wait_until


@pytest.fixture
def service() -> ApiKeyService:
    """Return API keys without any key."""
    return ApiKeyService()


@pytest.mark.parametrize("known", [True, False])
def test_key_is_read_once_in_five_seconds(service: ApiKeyService, known: bool) -> None:
    """A hundred requests cost one lookup, whether the key exists or not."""
    text = service.create() if known else new_text(new_id())
    key_id = id_in(text)
    assert key_id is not None
    for _ in range(100):
        assert (service.cache.get(key_id) is not None) is known
    assert service.lookups() == 1
    assert service.accepts(text) is known
    assert service.lookups() == 2


def test_concurrent_requests_share_one_lookup(
    service: ApiKeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight threads that authenticate with one key at the same time cost one lookup."""
    text, released = service.create(), threading.Event()
    get = service.repository.get

    def slow(key_id: str) -> ApiKey | None:
        key = get(key_id)
        assert released.wait(60)
        return key

    monkeypatch.setattr(service.repository, "get", slow)
    reads = service.cache._reads._calls
    with ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(service.authenticate, text) for _ in range(8)]
        wait_until(lambda: service.lookups() > 1 or any(call.joined for call in reads.values()))
        released.set()
    assert {caller.result().name for caller in callers} == {"alice"}
    assert service.lookups() == 1


def test_revocation_takes_effect_within_five_seconds(service: ApiKeyService) -> None:
    """A revoked key that is cached is accepted for at most five seconds."""
    text = service.create()
    service.authenticate(text)
    service.keys.revoke("alice")
    service.clock.advance(SECONDS - 0.001)
    assert service.authenticate(text).name == "alice"
    service.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        service.authenticate(text)


def test_outage_accepts_cached_keys_only(service: ApiKeyService) -> None:
    """Other keys raise RecordsUnavailable, until a second after the last failed lookup."""
    cached, uncached = service.create("cached"), service.create("uncached")
    service.authenticate(cached)
    service.repository.fail("get", RecordsUnavailable())
    assert service.authenticate(cached).name == "cached"
    with pytest.raises(RecordsUnavailable):
        service.authenticate(uncached)
    service.clock.advance(SECONDS)
    with pytest.raises(RecordsUnavailable):
        service.authenticate(cached)
    service.repository.repair()
    service.clock.advance(REST_SECONDS)
    assert service.authenticate(cached).name == "cached"
    assert service.authenticate(uncached).name == "uncached"


def test_unavailable_repository_is_read_once_a_second(service: ApiKeyService) -> None:
    """Whatever the ids, one lookup a second is tried; after the first success, all are."""
    text = service.create()
    service.repository.fail("get", RecordsUnavailable())
    for seconds in (1, 2, 3):
        for _ in range(20):
            with pytest.raises(RecordsUnavailable):
                service.cache.get(new_id())
        assert service.lookups() == seconds
        service.clock.advance(REST_SECONDS)
    service.repository.repair()
    assert service.authenticate(text).name == "alice"
    assert service.cache.get(new_id()) is None


def test_one_thread_tries_an_unavailable_repository(service: ApiKeyService) -> None:
    """While it waits, other threads are refused immediately."""
    service.repository.fail("get", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        service.cache.get(new_id())
    service.repository.repair()
    service.clock.advance(REST_SECONDS)
    get = service.repository.get

    def meanwhile(key_id: str) -> ApiKey | None:
        with pytest.raises(RecordsUnavailable):
            service.cache.get(new_id())
        return get(key_id)

    service.repository.get = meanwhile  # type: ignore[method-assign]  # reason: another request during the lookup
    assert service.cache.get(new_id()) is None
    assert service.lookups() == 2


def test_invented_ids_evict_no_key(service: ApiKeyService) -> None:
    """However many ids are invented, the memory is bounded, and existing keys stay cached."""
    text = service.create()
    service.authenticate(text)
    for number in range(KEYS + 100):
        service.cache.get(f"{number:010}")
    lookups = service.lookups()
    service.authenticate(text)
    assert service.lookups() == lookups
    memories = [value for value in vars(service.cache).values() if isinstance(value, dict)]
    assert sum(len(memory) for memory in memories) == KEYS + 1
