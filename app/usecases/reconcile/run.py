"""The whole run: spool, rows and objects, temporary files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.models import PageQuery, State
from app.ports import Ports, TempFiles
from app.usecases.generation.recovery import Recovery
from app.usecases.reconcile.diagnosis import Discrepancy, ObservedState, diagnose
from app.usecases.reconcile.executor import RepairExecutor, RepairJob
from app.usecases.reconcile.inventory import Inventory
from app.usecases.reconcile.rebuild import Rebuilder
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.report import Report
from app.usecases.reconcile.spool_drain import SpoolDrain

_OLD = timedelta(days=1)


@dataclass(frozen=True)
class Reconcile:
    """Finds what is wrong, and mends what can be. It never pays."""

    ports: Ports
    recovery: Recovery
    leftovers: TempFiles

    def __call__(
        self, *, fix: bool, progress: Callable[[int], None] = lambda _rows: None
    ) -> Report:
        """Go through everything; `progress` hears of every row.

        Raises:
            StorageUnavailable: the store, or this server's disk, is out of reach.
            RecordsUnavailable: the records are.
        """
        rebuild = Rebuilder(self.ports)
        run = _Run(
            attempts=RepairExecutor(self.ports, Report(fix=fix)),
            eyes=Inventory(self.ports.store, self.ports.records),
            repairs=Repairs(self.ports, self.recovery, rebuild),
            spooled=SpoolDrain(self.ports, self.recovery, rebuild),
        )
        run.go_through_everything(progress)
        run.remove_temporary(self.leftovers)
        run.count_again()
        return run.attempts.report

    def count_rows(self) -> int:
        """Return how many images are ready: about how many rows there are, and quick to tell."""
        return self.ports.records.page(PageQuery(limit=1)).total


@dataclass(frozen=True, kw_only=True)
class _Run:
    attempts: RepairExecutor
    eyes: Inventory
    repairs: Repairs
    spooled: SpoolDrain

    def go_through_everything(self, progress: Callable[[int], None]) -> None:
        waiting = frozenset(self.spooled.ids())
        for image_id in sorted(waiting):
            self.attempts.look(image_id, partial(self._bring_home, image_id))
        for seen in self.eyes.everything():
            if seen.row:
                self.attempts.report.rows += 1
                progress(1)
            if seen.id not in waiting:
                self._judge(seen)

    def remove_temporary(self, leftovers: TempFiles) -> None:
        for name in leftovers.older_than(self.attempts.ports.clock.now() - _OLD):
            remove = partial(leftovers.remove, name)
            self.attempts.handle(RepairJob(Discrepancy.TEMPORARY, name, remove, lambda: False))

    def count_again(self) -> None:
        recount = self.attempts.ports.records.recount
        if recount(fix=False):
            repair = partial(recount, fix=True)
            persists = partial(recount, fix=False)
            self.attempts.handle(RepairJob(Discrepancy.MISCOUNTED, "list", repair, persists))

    def _bring_home(self, image_id: str) -> None:
        waits = partial(self.spooled.waits, image_id)
        if waits():
            drain = partial(self.spooled.drain, image_id)
            self.attempts.handle(RepairJob(Discrepancy.SPOOLED, image_id, drain, waits))

    def _judge(self, seen: ObservedState) -> None:
        if self._diagnose(seen):
            self.attempts.look(seen.id, partial(self._look_again, seen.id))
        elif seen.row and seen.row.state is State.UNKNOWN:
            self.attempts.report.unknown.add(seen.id, seen.row.requested_at)

    def _look_again(self, image_id: str) -> None:
        seen = self.eyes.look(image_id)
        if seen is None:
            return  # somebody is changing it right now
        for kind in self._diagnose(seen):
            repair = partial(self.repairs.repair, kind, seen)
            persists = partial(self._persists, kind, image_id)
            self.attempts.handle(RepairJob(kind, image_id, repair, persists))

    def _persists(self, kind: Discrepancy, image_id: str) -> bool:
        return kind in self._diagnose(self.eyes.look(image_id))

    def _diagnose(self, seen: ObservedState | None) -> tuple[Discrepancy, ...]:
        return diagnose(seen, self.attempts.ports.clock.now()) if seen else ()
