"""Check Redis: latency, write access and memory policy."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from app.models import Finding
from app.services.caching.redis_client import classify, make_client
from app.services.diagnostics.findings import CheckFailed, FailureAdvice, FindingBuilder
from app.services.runtime.failures import FailureKind, replace_errors

if TYPE_CHECKING:
    from redis import Redis

_CACHE = FindingBuilder("cache")
_TIMEOUT_SECONDS = 2.0
_MIB = 1024 * 1024
_CHECK_NETWORK = "check REDIS_URL, and the network between here and the server"
_ALLOW = "allow this user to read and write keys; the server must not be a read-only replica"
_ADVICE = FailureAdvice(
    {
        FailureKind.CREDENTIALS_REFUSED: (
            "the password is refused or missing",
            "correct REDIS_URL",
        ),
        FailureKind.PERMISSION_DENIED: ("this user lacks a permission", _ALLOW),
        FailureKind.REJECTED: ("Redis refuses the command", _ALLOW),
        FailureKind.TLS: (
            "the TLS connection to Redis failed",
            "check the scheme of REDIS_URL (rediss for TLS), and the certificates (SSL_CERT_FILE)",
        ),
        FailureKind.NO_RESPONSE: ("Redis did not respond in time", _CHECK_NETWORK),
    },
    otherwise=("Redis can't be reached", _CHECK_NETWORK),
)


def without_redis(processes: int) -> Iterator[Finding]:
    """Report how images are cached without Redis."""
    if processes > 1:
        found = f"each of the {processes} processes has a cache of its own, for a minute"
    else:
        found = "in the memory of the process, for a minute"
    yield _CACHE.ok("memory", found)


def check_server(
    url: str, *, timeout_seconds: float, ca_bundle: str | None = None
) -> Iterator[Finding]:
    """Connect, write and delete a value, then check the memory policy.

    Args:
        url: the server's URL.
        timeout_seconds: the timeout of the service, which this check need not keep.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """
    client = make_client(url, max(timeout_seconds, _TIMEOUT_SECONDS), ca_bundle)
    with contextlib.closing(client):
        try:
            with _errors_replaced():
                client.ping()
                seconds = _round_trip_seconds(client)
        except CheckFailed as error:
            yield _CACHE.failed("server", error.found, error.advice)
            return
        yield check_latency(seconds, timeout_seconds=timeout_seconds)
        yield _CACHE.step("write", lambda: _write(client))
        yield _check_memory(client)


def check_latency(seconds: float, *, timeout_seconds: float) -> Finding:
    """Compare the time of a response with the service's timeout."""
    found = f"Redis responds in {seconds * 1000:.1f} ms"
    if seconds < timeout_seconds:
        return _CACHE.ok("server", found)
    found += f"; the service waits {timeout_seconds * 1000:.0f} ms and then does without"
    advice = "run it closer to the service, or raise REDIS_TIMEOUT_SECONDS"
    return _CACHE.warning("server", found, advice)


def _round_trip_seconds(client: "Redis") -> float:
    """Measure a command on an open connection."""
    start = time.perf_counter()
    client.ping()
    return time.perf_counter() - start


def _write(client: "Redis") -> str:
    key, value = f"doctor:{uuid.uuid4().hex}", uuid.uuid4().bytes
    with _errors_replaced():
        client.set(key, value, ex=60)
        try:
            same = client.get(key) == value
        finally:
            client.delete(key)
    if not same:
        raise CheckFailed("a value that was written can't be read", "check the server's settings")
    return "a value was written, read back and deleted"


def _check_memory(client: "Redis") -> Finding:
    try:
        with _errors_replaced():
            info = client.info("memory")
    except CheckFailed as error:
        return _CACHE.warning("memory", f"unknown: {error.found}", error.advice)
    limit, policy = int(info.get("maxmemory", 0)), info.get("maxmemory_policy")
    if limit and policy == "noeviction":
        found = f"limited to {limit // _MIB} MiB, and then refuses writes (noeviction)"
        return _CACHE.warning("memory", found, "set maxmemory-policy to allkeys-lru")
    if limit:
        return _CACHE.ok("memory", f"limited to {limit // _MIB} MiB, and then evicts old values")
    return _CACHE.ok("memory", "not limited (maxmemory is 0)")


def _errors_replaced() -> AbstractContextManager[None]:
    return replace_errors(classify, _ADVICE.check_failed)
