"""What happens to rate limits when a backend is down."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from app.models import Rate, RateLimitStatus
from app.services.mongodb.client import MongoDatabase
from app.services.rate_limiting.backend import (
    StorageBackend,
    mongodb_backend,
    redis_backend,
)
from app.services.rate_limiting.limiter import BackendUnavailable, SharedRateLimiter
from tests.support.concurrency.threads import fastest, seconds, wait_until
from tests.support.observability.log_capture import log_lines
from tests.support.servers.databases import MongoServer, RedisServer, patient
from tests.support.servers.fault_proxy import FaultProxy

RATE = Rate(7, 60)
FAULTS = ["refuse", "black_hole", "reset"]
NewBackend = Callable[..., StorageBackend]


@pytest.fixture(params=["redis", "mongodb"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    """Put a proxy before each shared server in turn."""
    name = {"redis": "redis_flushed", "mongodb": "mongo_server"}[request.param]
    server: RedisServer | MongoServer = request.getfixturevalue(name)
    with FaultProxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def new_backend(
    proxy: FaultProxy, request: pytest.FixtureRequest, mongo_database: str
) -> Iterator[NewBackend]:
    """Give what makes a backend behind the proxy, with the shipped time limit or another."""
    with contextlib.ExitStack() as stack:

        def make(seconds: int | None = None) -> StorageBackend:
            address = f"{proxy.host}:{proxy.port}"
            if request.node.callspec.params["proxy"] == "redis":
                url = f"redis://{address}/0"
                backend = redis_backend(patient(url, seconds) if seconds else url)
                return stack.enter_context(contextlib.closing(backend))
            uri = f"mongodb://{address}/?directConnection=true"
            database = MongoDatabase(uri=uri, name=mongo_database)
            stack.enter_context(contextlib.closing(database))
            return mongodb_backend(database, **({"timeout_seconds": seconds} if seconds else {}))

        yield make


@pytest.mark.parametrize("fault", FAULTS)
def test_limits_hold_when_a_shared_backend_goes_down(
    proxy: FaultProxy, new_backend: NewBackend, memory: StorageBackend, fault: str
) -> None:
    """The next backend takes over, limits hold there, and one line is logged."""
    limiter = SharedRateLimiter([new_backend(5)], memory)
    with log_lines("app.services.rate_limiting.limiter") as lines:
        assert limiter.hit(RATE, "a").remaining == 6
        getattr(proxy, fault)()
        assert limiter.hit(RATE, "a").remaining == 6
        assert sum(limiter.hit(RATE, "a").allowed for _ in range(20)) == 6
        proxy.pass_through()  # or closing the client would wait for the server
    assert len(lines) == 1
    assert proxy.host not in lines[0]


@pytest.mark.parametrize("known", [True, False], ids=["connected before", "new"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_first_request_of_an_outage_waits_briefly(
    proxy: FaultProxy, new_backend: NewBackend, slower: float, fault: str, known: bool
) -> None:
    """With the shipped time limits: 80 ms for Redis, and 600 ms for MongoDB."""

    def failure() -> float:
        proxy.pass_through()
        backend = new_backend()
        if known:
            connect(backend)
        getattr(proxy, fault)()
        waited = seconds(lambda: refused(backend))
        proxy.pass_through()  # or closing the client would wait for the server
        return waited

    assert fastest(failure, enough=slower) < slower


@pytest.fixture
def slower(request: pytest.FixtureRequest) -> float:
    """Give these times in seconds, with as much again for a busy machine.

    PyMongo looks for servers for half a second, whatever the time limit.
    """
    return {"redis": 0.16, "mongodb": 1.2}[request.node.callspec.params["proxy"]]


def connect(backend: StorageBackend) -> None:
    """Use the backend until it responds in time."""

    def responds() -> bool:
        with contextlib.suppress(BackendUnavailable):
            return backend.hit(RATE, "b", add=False).allowed
        return False

    wait_until(responds)


def refused(backend: StorageBackend) -> None:
    """Check that the backend reports that it is unavailable."""
    with pytest.raises(BackendUnavailable):
        backend.hit(RATE, "a")


def test_the_index_of_mongodb_is_made_once_it_is_back(
    mongo_server: MongoServer, mongo: MongoDatabase, mongo_database: str
) -> None:
    """A process that starts while MongoDB is down makes the index later."""
    with FaultProxy(mongo_server.host, mongo_server.port) as proxy:
        proxy.refuse()
        uri = f"mongodb://{proxy.host}:{proxy.port}/?directConnection=true"
        with contextlib.closing(MongoDatabase(uri=uri, name=mongo_database)) as database:
            backend = mongodb_backend(database)
            refused(backend)
            proxy.pass_through()
            connect(backend)
    assert len(mongo.collection("rate_limits").index_information()) == 2


class Backend:
    """A backend that is up or down, and counts its calls."""

    def __init__(self) -> None:
        self.up, self.calls = True, 0

    def hit(self, rate: Rate, _: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:  # noqa: ARG002 - reason: the protocol's
        """Count a call."""
        self.calls += 1
        if not self.up:
            raise BackendUnavailable("test")
        return RateLimitStatus(allowed=True, remaining=rate.amount, reset=1.0)

    def close(self) -> None:
        """Hold no connections."""


def test_a_failed_backend_is_skipped_for_five_seconds(memory: StorageBackend) -> None:
    """It is used again after that."""
    now = [1000.0]
    backend = Backend()
    limiter = SharedRateLimiter([backend], memory, monotonic=lambda: now[0])
    backend.up = False
    for now[0] in (1000.0, 1001.0, 1004.9):
        limiter.hit(RATE, "a")
    assert backend.calls == 1
    backend.up = True
    now[0] = 1005.0
    assert limiter.hit(RATE, "a").remaining == 7
    assert backend.calls == 2


def test_an_outage_is_logged_once_a_minute(memory: StorageBackend) -> None:
    """However many requests find the backend down."""
    now = [1000.0]
    backend = Backend()
    backend.up = False
    limiter = SharedRateLimiter([backend], memory, monotonic=lambda: now[0])
    with log_lines("app.services.rate_limiting.limiter") as lines:
        for now[0] in range(1000, 1060, 6):
            limiter.hit(RATE, "a")
        assert len(lines) == 1
        now[0] = 1060
        limiter.hit(RATE, "a")
    assert len(lines) == 2
    assert backend.calls == 11
