"""Faults at one of four candidates only: each call of a port that its image takes fails."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from app.errors import (
    Charged,
    EditsUnsupported,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import NotAnImage
from app.models import State
from app.usecases.billing.budgets import SERVER
from app.usecases.groups.candidates import GroupResult
from tests.support.builders import LEASE, World
from tests.support.reconcile.runs import outcome, reconcile
from tests.support.tables import each_row
from tests.unit.usecases.groups.test_generate_group import TODAY, draw, outcomes, stored

N, INDEX = 4, 2  # of the candidates, drawn in order, the third fails
BEGIN = "spool room"  # the first call of each
ERRORS: dict[str, type[Exception]] = {
    "store": StorageUnavailable,
    "spool": StorageUnavailable,
    "records": RecordsUnavailable,
    "ledger": RecordsUnavailable,
    "imaging": NotAnImage,
}
PROVIDER = (
    EditsUnsupported,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)


class FailingEvents(list[str]):
    """The log of all ports, in which calls of one port fail until the next candidate begins."""

    def __init__(self, first: int, count: int, error: Exception) -> None:
        super().__init__()
        self._first, self._count, self._error = first, count, error
        self._port = ""

    def append(self, event: str) -> None:
        """Log a call of a port; raise the error at those that fail."""
        super().append(event)
        port = event.partition(" ")[0]
        if len(self) - 1 == self._first:
            self._port = port
        if self.count(BEGIN) > INDEX + 1:
            self._port = ""
        if self._count and port == self._port:
            self._count -= 1
            raise self._error


def world_with(events: list[str]) -> World:
    """Return fakes that share this log."""
    world = World()
    for fake in vars(world).values():
        if getattr(fake, "events", None) is world.events:
            fake.events = events
    world.events = events
    return world


def calls_of_the_candidate() -> Iterator[tuple[int, str]]:
    """Yield the place of each call in the log, and its port."""
    world = World()
    draw(world, N)
    drawn = [place for place, event in enumerate(world.events) if event == BEGIN]
    for place in range(drawn[INDEX], drawn[INDEX + 1]):
        yield place, world.events[place].partition(" ")[0]


def errors_of(port: str) -> list[Callable[[], Exception]]:
    """Return the errors that the calls of a port raise."""
    if port == "generator":
        return [
            partial(kind, "failed", charged=charged) for kind in PROVIDER for charged in Charged
        ]
    return [partial(ERRORS[port], "failed")]


def images_of(result: GroupResult) -> list[tuple[object, ...]]:
    """Return what distinguishes the images; nothing for candidates that failed."""
    records = [candidate.record for candidate in result.candidates]
    return [(one.id, one.created_at, one.cost_micros) if one else () for one in records]


ROWS = [
    (place, count, error)
    for place, port in calls_of_the_candidate()
    for count in (1, 3)
    for error in errors_of(port)
]


@each_row("place, count, error", ROWS)
def test_a_fault_at_one_candidate_concerns_no_other(
    place: int, count: int, error: Callable[[], Exception]
) -> None:
    """The others are drawn once; it is drawn again only if it was not charged; all is counted."""
    world = world_with(FailingEvents(place, count, error()))
    first = draw(world, N)
    others = [result for index, result in enumerate(outcomes(first)) if index != INDEX]
    assert others == ["ready yes"] * (N - 1)
    error_of_it = first.candidates[INDEX].error
    may_be_paid_again = error_of_it is not None and error_of_it.charged is Charged.NO
    world.clock.advance(N * LEASE.total_seconds() + 1)  # in one thread they wait for each other
    again = images_of(draw(world, N))
    drawn = Counter(request.candidate for request in world.generator.requests)
    assert drawn.pop(INDEX) <= 1 + may_be_paid_again
    assert drawn == {0: 1, 1: 1, 3: 1}
    assert all(image in again for image in images_of(first) if image)
    assert images_of(draw(world, N)) == again
    world.clock.advance(3600)
    reconcile(world, fix=True)
    assert outcome(reconcile(world, fix=True)) == {}
    records = stored(world)
    counted = world.ledger.spent(SERVER, TODAY)
    assert counted.micros == sum(record.booked_micros for record in records)
    assert counted.images == sum(record.state is State.READY for record in records)
