"""Checks Redis: quick enough for a cache, writable, and ready to forget when it is full."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.models import Finding
from app.services.caching.redis import TIMEOUT_SECONDS
from app.services.diagnostics.findings import About, Trouble

if TYPE_CHECKING:
    from redis import Redis

_ABOUT = About("cache")
_TIMEOUT_SECONDS = 2.0
_MIB = 1024 * 1024


def memory_of_each_process(processes: int) -> Iterator[Finding]:
    """Say what it means that there is no Redis."""
    found = f"each of the {processes} processes has its own, for a minute" if processes > 1 else ""
    yield _ABOUT.ok("memory", found or "the process keeps what it read for a minute")


def check_server(url: str) -> Iterator[Finding]:
    """Look for the server, then write a value and delete it, then ask what it does when full."""
    client = _client(url)
    with contextlib.closing(client):
        try:
            with _reported():
                client.ping()
                seconds = _seconds(client)
        except Trouble as trouble:
            yield _ABOUT.failed("server", trouble.found, trouble.advice)
            return
        yield judge_speed(seconds)
        yield _ABOUT.step("write", lambda: _write(client))
        yield _memory(client)


def judge_speed(seconds: float) -> Finding:
    """Compare the time of an answer with the service's patience."""
    found = f"Redis answers in {seconds * 1000:.1f} ms"
    if seconds < TIMEOUT_SECONDS:
        return _ABOUT.ok("server", found)
    found += f"; the service waits {TIMEOUT_SECONDS * 1000:.0f} ms and then does without"
    return _ABOUT.warning("server", found, "put it nearer to the service")


def _client(url: str) -> "Redis":
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    wait = _TIMEOUT_SECONDS
    return Redis.from_url(
        url, socket_timeout=wait, socket_connect_timeout=wait, retry=Retry(NoBackoff(), 0)
    )


def _seconds(client: "Redis") -> float:
    """Return how long an answer takes on an open connection."""
    began = time.perf_counter()
    client.ping()
    return time.perf_counter() - began


def _write(client: "Redis") -> str:
    key, value = f"doctor:{uuid.uuid4().hex}", uuid.uuid4().bytes
    with _reported():
        client.set(key, value, ex=60)
        try:
            same = client.get(key) == value
        finally:
            client.delete(key)
    if not same:
        raise Trouble("a value did not come back", "look at how the server is set up")
    return "a value was written, read back and deleted"


def _memory(client: "Redis") -> Finding:
    try:
        with _reported():
            reported = client.info("memory")
    except Trouble as trouble:
        return _ABOUT.warning("memory", f"can't be told: {trouble.found}", trouble.advice)
    limit, policy = int(reported.get("maxmemory", 0)), reported.get("maxmemory_policy")
    if limit and policy == "noeviction":
        found = f"full at {limit // _MIB} MiB, and then takes nothing new (noeviction)"
        return _ABOUT.warning("memory", found, "set maxmemory-policy to allkeys-lru")
    if limit:
        return _ABOUT.ok("memory", f"at most {limit // _MIB} MiB, and forgets what is old")
    return _ABOUT.ok("memory", "no limit is set (maxmemory)")


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Turn every error of the SDK into Trouble, without a word of the server."""
    from redis.exceptions import AuthenticationError, RedisError, ResponseError

    try:
        yield
    except AuthenticationError:
        raise Trouble("the password is refused or missing", "correct REDIS_URL") from None
    except ResponseError as error:
        name = type(error).__name__
        advice = "let this user read and write keys; see that the server is no read-only replica"
        raise Trouble(f"Redis refuses this ({name})", advice) from None
    except (RedisError, OSError) as error:
        name = type(error).__name__
        advice = "see that it can be reached from here; check REDIS_URL and the network"
        raise Trouble(f"Redis gives no answer ({name})", advice) from None
