"""The check of Redis, on a real server that can be made to refuse commands."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from app.models import Finding, Level
from app.services.diagnostics import redis as diagnostics
from app.services.diagnostics.redis import check_latency, check_server, without_redis
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, texts, the
from tests.support.servers.databases import RedisServer
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.time_limits import SHIPPED

PASSWORD = "hunter2"


@pytest.fixture
def client(redis_flushed: RedisServer) -> Iterator[Redis]:
    """Make a client that may change the server's settings; they are reset afterwards."""
    with contextlib.closing(Redis.from_url(redis_flushed.url)) as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.acl_deluser("someone")


def check(url: str) -> list[Finding]:
    """Check a server; no finding shows its address, user or password."""
    found = list(check_server(url, timeout_seconds=0.04))
    for private in ("127.0.0.1", PASSWORD, "someone"):
        assert private not in texts(found)
    return found


def test_a_good_server_passes_and_is_left_unchanged(
    redis_flushed: RedisServer, client: Redis
) -> None:
    """The value that the check writes is deleted."""
    found = check(redis_flushed.url)
    # A busy test machine may respond late, which is a warning.
    assert levels(found) | {"server": OK} == {"server": OK, "write": OK, "memory": OK}
    assert the("server", found).level is not FAILED
    assert client.keys() == []


@pytest.mark.parametrize(
    ("limit", "policy", "level"),
    [("64mb", "noeviction", WARNING), ("64mb", "allkeys-lru", OK), ("0", "noeviction", OK)],
)
def test_a_full_server_has_to_evict(
    redis_flushed: RedisServer, client: Redis, limit: str, policy: str, level: Level
) -> None:
    """A memory limit without eviction ends in refused writes."""
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", limit)
    assert the("memory", check(redis_flushed.url)).level is level


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (["+ping", "+info"], {"write": FAILED, "memory": OK}),
        (["+ping", "+set", "+get", "+del"], {"write": OK, "memory": WARNING}),
    ],
)
def test_a_missing_permission_is_reported(
    redis_flushed: RedisServer, client: Redis, permissions: list[str], expected: dict[str, Level]
) -> None:
    """The finding is at the step that needs the permission."""
    client.acl_setuser(
        "someone", enabled=True, passwords=[f"+{PASSWORD}"], commands=permissions, keys=["*"]
    )
    url = redis_flushed.url.replace("redis://", f"redis://someone:{PASSWORD}@")
    found = levels(check(url))
    assert {name: found[name] for name in expected} == expected


def test_a_wrong_password_fails(redis_flushed: RedisServer) -> None:
    """The finding reports the refusal without the password."""
    url = redis_flushed.url.replace("redis://", f"redis://someone:{PASSWORD}@")
    found = check(url)
    assert levels(found) == {"server": FAILED}
    assert "refused" in found[0].found


@pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset])
def test_an_unreachable_server_fails_quickly(
    redis_flushed: RedisServer,
    fault: Callable[[FaultProxy], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether refused, silent or reset: one finding, after one call's timeout."""
    assert SHIPPED["app.services.diagnostics.redis._TIMEOUT_SECONDS"] <= 2
    monkeypatch.setattr(diagnostics, "_TIMEOUT_SECONDS", 0.3)  # to keep the test short
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        fault(proxy)
        start = time.monotonic()
        found = check(f"redis://{proxy.host}:{proxy.port}/0")
        assert time.monotonic() - start < 25  # a busy machine is slow
    assert levels(found) == {"server": FAILED}


def test_a_slow_server_is_a_warning() -> None:
    """A response that takes longer than the service's timeout is no use; the setting is named."""
    assert check_latency(0.039, timeout_seconds=0.04).level is OK
    slow = check_latency(0.061, timeout_seconds=0.04)
    assert (slow.level, "REDIS_TIMEOUT_SECONDS" in slow.advice) == (WARNING, True)
    assert check_latency(0.061, timeout_seconds=0.2).level is OK


def test_without_redis_each_process_has_its_own_cache() -> None:
    """The finding states the number of caches."""
    (found,) = without_redis(3)
    assert (found.level, "3 processes" in found.found) == (OK, True)
