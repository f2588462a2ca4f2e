"""The check of the cache, on a real server that can be made to refuse."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from app.models import Finding, Level
from app.services.diagnostics import redis as checkup
from app.services.diagnostics.redis import check_server, judge_speed, memory_of_each_process
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, texts, the
from tests.support.servers.databases import RedisServer
from tests.support.servers.fault_proxy import FaultProxy

PASSWORD = "hunter2"


@pytest.fixture
def client(redis_flushed: RedisServer) -> Iterator[Redis]:
    """Make a client that changes the server, and change it back afterwards."""
    with contextlib.closing(Redis.from_url(redis_flushed.url)) as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.acl_deluser("someone")


def check(url: str) -> list[Finding]:
    """Check a server; neither address nor password is told."""
    found = list(check_server(url))
    for private in ("127.0.0.1", PASSWORD, "someone"):
        assert private not in texts(found)
    return found


def test_all_is_well_and_nothing_is_left(redis_flushed: RedisServer, client: Redis) -> None:
    """A value is written, read and deleted."""
    found = check(redis_flushed.url)
    # A busy test machine may answer late, which is a warning.
    assert levels(found) | {"server": OK} == {"server": OK, "write": OK, "memory": OK}
    assert the("server", found).level is not FAILED
    assert client.keys() == []


@pytest.mark.parametrize(
    ("limit", "policy", "level"),
    [("64mb", "noeviction", WARNING), ("64mb", "allkeys-lru", OK), ("0", "noeviction", OK)],
)
def test_what_happens_when_it_is_full(
    redis_flushed: RedisServer, client: Redis, limit: str, policy: str, level: Level
) -> None:
    """A server with a limit that forgets nothing ends up taking nothing."""
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", limit)
    assert the("memory", check(redis_flushed.url)).level is level


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        (["+ping", "+info"], {"write": FAILED, "memory": OK}),
        (["+ping", "+set", "+get", "+del"], {"write": OK, "memory": WARNING}),
    ],
)
def test_what_a_user_may_not_do_is_reported(
    redis_flushed: RedisServer, client: Redis, rights: list[str], expected: dict[str, Level]
) -> None:
    """Each right that the check or the service needs is missed at its place."""
    client.acl_setuser(
        "someone", enabled=True, passwords=[f"+{PASSWORD}"], commands=rights, keys=["*"]
    )
    url = redis_flushed.url.replace("redis://", f"redis://someone:{PASSWORD}@")
    found = levels(check(url))
    assert {name: found[name] for name in expected} == expected


def test_a_wrong_password_fails(redis_flushed: RedisServer) -> None:
    """It is refused, and it is not told."""
    url = redis_flushed.url.replace("redis://", f"redis://someone:{PASSWORD}@")
    found = check(url)
    assert levels(found) == {"server": FAILED}
    assert "refused" in found[0].found


@pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset])
def test_an_unreachable_server_fails_in_time(
    redis_flushed: RedisServer,
    fault: Callable[[FaultProxy], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether refused, silent or reset: one finding, after one call's patience."""
    assert checkup._TIMEOUT_SECONDS <= 2
    monkeypatch.setattr(checkup, "_TIMEOUT_SECONDS", 0.3)  # lest this test take as long
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        fault(proxy)
        began = time.monotonic()
        found = check(f"redis://{proxy.host}:{proxy.port}/0")
        assert time.monotonic() - began < 2
    assert levels(found) == {"server": FAILED}


def test_a_slow_server_is_a_warning() -> None:
    """What takes longer than the service waits might as well not be there."""
    assert judge_speed(0.039).level is OK
    assert judge_speed(0.041).level is WARNING


def test_memory_is_each_process_s_own() -> None:
    """Without Redis the number of caches is told."""
    (found,) = memory_of_each_process(3)
    assert (found.level, "3 processes" in found.found) == (OK, True)
