"""Runs of reconcile on fakes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.container.generation import build_reconcile
from app.models import ImageRecord
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.report import ReconcileReport
from tests.support.builders import RETENTION, World, a_request
from tests.support.reconcile.damage import REPAIRABLE

_BY_NAME = {damage.name: damage for damage in REPAIRABLE}


@dataclass
class FakeTempFiles:
    """Temporary files with the times of their last write."""

    files: dict[str, datetime] = field(default_factory=dict)

    def older_than(self, time: datetime) -> Iterator[str]:
        """See TempFiles."""
        yield from [name for name, written in self.files.items() if written < time]

    def remove(self, name: str) -> None:
        """See TempFiles."""
        self.files.pop(name, None)


def reconcile(
    world: World,
    *,
    fix: bool,
    temp_files: FakeTempFiles | None = None,
    restore_spooled: bool = False,
) -> ReconcileReport:
    """Run it once, and return its report."""
    run = build_reconcile(world.ports, world.recover, temp_files or FakeTempFiles(), RETENTION)
    return run(fix=fix, restore_spooled=restore_spooled)


def outcome(report: ReconcileReport) -> dict[Discrepancy, tuple[int, int]]:
    """Return the numbers of repaired and remaining discrepancies by kind."""
    return {kind: (summary.repaired, summary.remaining) for kind, summary in report.kinds.items()}


def reasons(report: ReconcileReport) -> list[str]:
    """Return the reasons why discrepancies were not repaired."""
    entries = [entry for summary in report.kinds.values() for entry in summary.listed]
    return [entry.reason for entry in entries if entry.reason]


def a_damaged_image(world: World, name: str) -> ImageRecord:
    """Generate an image and damage it; return its record from before the damage."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    _BY_NAME[name].apply(world.ports, record)
    return record


def before_first_call(port: Any, method: str, action: Callable[[], object]) -> None:
    """Run an action once, just before the next call of a method."""
    original, actions = getattr(port, method), [action]

    def call(*args: Any, **kwargs: Any) -> Any:
        if actions:
            actions.pop()()
        return original(*args, **kwargs)

    setattr(port, method, call)
