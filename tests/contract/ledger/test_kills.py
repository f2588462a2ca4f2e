"""A server is killed before each of its calls of the ledger and the records.

Afterwards another server repairs, and the ledger counts exactly what the records do.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.container.generation import (
    build_finalizer,
    build_generate_image,
    build_recovery,
    build_settle_reservations,
)
from app.errors import AppError, ProviderRateLimited
from app.models import Budget, Caller, Spending, State
from app.ports import ImageRecords, Ledger, Ports
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.mongodb.records import MongoRecords
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.ledger import SqliteLedger
from app.services.sqlite.records import SqliteRecords
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.images.images import Images
from tests.support.builders import LEASE, RETENTION, World, a_request
from tests.support.servers.databases import MongoServer

CALLER = Caller(id="ann", name="ann", scopes=frozenset(), budget=Budget(micros=10**9, period="day"))
CLAIM = "c" * 64


class Killed(BaseException):
    """The process was killed."""


class Countdown:
    """Kills the process before its call with this number, counted from 0."""

    def __init__(self) -> None:
        self.calls, self.kill_at = 0, -1

    def watch(self, port: Any) -> Any:
        """Return the port; each of its methods counts as a call."""
        return _Watched(port, self)

    def step(self) -> None:
        """Count a call."""
        if self.calls == self.kill_at:
            raise Killed
        self.calls += 1


class _Watched:
    def __init__(self, port: Any, countdown: Countdown) -> None:
        self._port, self._countdown = port, countdown

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*values: Any, **options: Any) -> Any:
            self._countdown.step()
            return getattr(self._port, name)(*values, **options)

        return call


class _WatchedMongoLedger(MongoLedger):
    """Counts each command, so that it is killed between them too."""

    def __init__(self, database: MongoDatabase, countdown: Countdown) -> None:
        super().__init__(database)
        self._countdown = countdown

    def _collection(self) -> Any:
        return self._countdown.watch(super()._collection())

    def _open(self) -> Any:
        return self._countdown.watch(super()._open())


class Shared:
    """The database of two servers: one that may be killed, and one that repairs."""

    def __init__(
        self, records: ImageRecords, ledger: Ledger, watched: Ledger, countdown: Countdown
    ) -> None:
        self.world, self.countdown = World(), countdown
        self.records, self.ledger = records, ledger
        self._dying = replace(self.world.ports, records=countdown.watch(records), ledger=watched)
        self._repairing = replace(self.world.ports, records=records, ledger=ledger)

    def generate(self, *, budget: Budget | None = None, claim: str = "", kill_at: int = -1) -> int:
        """Generate an image until killed; return the number of calls."""
        self.countdown.calls, self.countdown.kill_at = 0, kill_at
        with contextlib.suppress(Killed, AppError):
            self._use_case(self._dying, budget)(a_request(), caller=CALLER, claim=claim)
        return self.countdown.calls

    def repair(self) -> None:
        """Do what maintenance does, an hour later."""
        self.world.clock.advance(3600)
        recovery = build_recovery(self._repairing, build_finalizer(self._repairing))
        for record in self.records.expired_leases(self.world.clock.now(), limit=100):
            with contextlib.suppress(AppError):
                recovery(record)
        settle = build_settle_reservations(self._repairing)
        for reservation in settle.interrupted():
            settle.settle(reservation)

    def check(self) -> None:
        """Check that the ledger counts what the records do, and nothing is open."""
        records = list(self.records.scan(limit=1000))
        expected = Spending(
            micros=sum(record.booked_micros for record in records),
            images=sum(record.state is State.READY for record in records),
        )
        for account in ("", CALLER.id):
            assert _spent(self.ledger, account) == expected
        assert list(self.ledger.list_open(self.world.clock.now(), limit=9)) == []

    def _use_case(self, ports: Ports, budget: Budget | None) -> Any:
        world = self.world
        finalizer = build_finalizer(ports)
        return build_generate_image(
            ports,
            estimates=world.estimates,
            budget_guard=BudgetGuard(ledger=ports.ledger, clock=world.clock, budget=budget),
            readiness=world.readiness,
            storage_check=world.storage_check,
            finalizer=finalizer,
            recovery=build_recovery(ports, finalizer),
            lease=lambda _quality, _is_edit: LEASE,
            retention=RETENTION,
        )


def _spent(ledger: Ledger, account: str) -> Spending:
    days = ledger.days(account, date(2026, 11, 22), date(2027, 11, 22)).values()
    return Spending(micros=sum(day.micros for day in days), images=sum(day.images for day in days))


@pytest.fixture(params=["sqlite", "mongodb"])
def shared(
    request: pytest.FixtureRequest, tmp_path: Path, mongo_server: MongoServer, mongo_database: str
) -> Iterator[Shared]:
    """Return each database in turn."""
    countdown = Countdown()
    if request.param == "sqlite":
        with contextlib.closing(SqliteDatabase(tmp_path / "records.sqlite3")) as file:
            ledger = SqliteLedger(file)
            yield Shared(SqliteRecords(file), ledger, countdown.watch(ledger), countdown)
    else:
        with contextlib.closing(
            MongoDatabase(uri=mongo_server.uri, name=mongo_database)
        ) as database:
            watched = _WatchedMongoLedger(database, countdown)
            yield Shared(MongoRecords(database), MongoLedger(database), watched, countdown)


def _image(shared: Shared, kill_at: int) -> int:
    return shared.generate(kill_at=kill_at)


def _refused_by_the_provider(shared: Shared, kill_at: int) -> int:
    shared.world.generator.fail("draw", ProviderRateLimited("later"))
    calls = shared.generate(kill_at=kill_at)
    shared.world.generator.repair()
    return calls


def _refused_by_a_budget(shared: Shared, kill_at: int) -> int:
    """Exceed the budget of the server, but not that of the caller."""
    return shared.generate(budget=Budget(micros=1, period="month"), kill_at=kill_at)


def _repeated_before_the_repair(shared: Shared, kill_at: int) -> int:
    """Repeat a request that failed under its key, which replaces the record."""
    claim = f"{kill_at:064}"
    shared.world.generator.fail("draw", ProviderRateLimited("later"))
    calls = shared.generate(claim=claim, kill_at=kill_at)
    shared.world.generator.repair()
    shared.world.clock.advance(240)  # the lease ends
    shared.generate(claim=claim)
    return calls


SCENARIOS = [_image, _refused_by_the_provider, _refused_by_a_budget, _repeated_before_the_repair]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_leaves_the_ledger_equal_to_the_records(
    shared: Shared, scenario: Callable[[Shared, int], int]
) -> None:
    """At whatever call it comes; a repeated repair changes nothing."""
    calls = scenario(shared, -1)
    assert calls > 2
    for kill_at in range(calls):
        assert scenario(shared, kill_at) == kill_at
        shared.repair()
        shared.check()
    shared.repair()
    shared.check()


def test_a_deletion_before_the_repair_hides_no_cost(shared: Shared) -> None:
    """An image is deleted whose settlement was lost: its tombstone states the cost."""
    calls = shared.generate()
    shared.world.clock.advance(1)
    shared.generate(kill_at=calls - 2)  # the record is ready, the ledger doesn't know
    record = max(shared.records.scan(limit=9), key=lambda record: record.requested_at)
    assert record.state is State.READY
    Images(shared.world.store, shared.records, shared.world.clock).delete(record.id)
    shared.repair()
    assert _spent(shared.ledger, "") == Spending(micros=2 * record.booked_micros, images=2)
