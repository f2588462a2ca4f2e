"""Runs of reconcile on the fakes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.container.generation import build_reconcile
from app.models import ImageRecord
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.report import Report
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import MENDABLE

_SPOIL = {mess.name: mess.spoil for mess in MENDABLE}


@dataclass
class FakeTempFiles:
    """Half-written files with the times at which they were written."""

    files: dict[str, datetime] = field(default_factory=dict)

    def older_than(self, time: datetime) -> Iterator[str]:
        """See TempFiles."""
        yield from [name for name, written in self.files.items() if written < time]

    def remove(self, name: str) -> None:
        """See TempFiles."""
        self.files.pop(name, None)


def reconcile(world: World, *, fix: bool, temp_files: FakeTempFiles | None = None) -> Report:
    """Run it once."""
    return build_reconcile(world.ports, world.recover, temp_files or FakeTempFiles())(fix=fix)


def outcome(report: Report) -> dict[Discrepancy, tuple[int, int]]:
    """Return, by kind, how many were repaired and how many are left."""
    return {kind: (tally.repaired, tally.left) for kind, tally in report.tallies.items()}


def reasons(report: Report) -> list[str]:
    """Return why what is left is left."""
    tallies = report.tallies.values()
    return [found.reason for tally in tallies for found in tally.listed if found.reason]


def spoilt(world: World, name: str) -> ImageRecord:
    """Make an image and spoil it."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    _SPOIL[name](world.ports, row)
    return row


def during(port: Any, method: str, meddle: Callable[[], object]) -> None:
    """Let something happen once, just before the first call of this method does its work."""
    original, todo = getattr(port, method), [meddle]

    def call(*args: Any, **kwargs: Any) -> Any:
        if todo:
            todo.pop()()
        return original(*args, **kwargs)

    setattr(port, method, call)
