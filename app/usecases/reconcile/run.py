"""The whole run: spool, rows and objects, temporary files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.models import PageQuery, State
from app.ports import Clock, ImageRecords, ImageStore, TempFiles
from app.usecases.reconcile.diagnosis import Discrepancy, ObservedState, diagnose
from app.usecases.reconcile.executor import RepairExecutor, RepairJob
from app.usecases.reconcile.inventory import Inventory
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.report import Report
from app.usecases.reconcile.spool_drain import SpoolDrain

_OLD = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Finds what is wrong, and mends what can be. It never pays."""

    records: ImageRecords
    store: ImageStore
    clock: Clock
    repairs: Repairs
    spool_drain: SpoolDrain
    temp_files: TempFiles

    def __call__(
        self, *, fix: bool, progress: Callable[[int], None] = lambda _rows: None
    ) -> Report:
        """Go through everything; `progress` hears of every row.

        Raises:
            StorageUnavailable: the store, or this server's disk, is out of reach.
            RecordsUnavailable: the records are.
        """
        run = _Run(
            executor=RepairExecutor(self.store, self.records, Report(fix=fix)),
            inventory=Inventory(self.store, self.records),
            work=self,
        )
        run.go_through_everything(progress)
        run.remove_temporary()
        run.count_again()
        return run.executor.report

    def count_rows(self) -> int:
        """Return how many images are ready: about how many rows there are, and quick to tell."""
        return self.records.page(PageQuery(limit=1)).total


@dataclass(frozen=True, kw_only=True)
class _Run:
    executor: RepairExecutor
    inventory: Inventory
    work: Reconcile

    def go_through_everything(self, progress: Callable[[int], None]) -> None:
        waiting = frozenset(self.work.spool_drain.ids())
        for image_id in sorted(waiting):
            self.executor.look(image_id, partial(self._drain, image_id))
        for seen in self.inventory.everything():
            if seen.record:
                self.executor.report.rows += 1
                progress(1)
            if seen.id not in waiting:
                self._judge(seen)

    def remove_temporary(self) -> None:
        temp_files = self.work.temp_files
        for name in temp_files.older_than(self.work.clock.now() - _OLD):
            remove = partial(temp_files.remove, name)
            self.executor.handle(RepairJob(Discrepancy.TEMPORARY, name, remove, lambda: False))

    def count_again(self) -> None:
        recount = self.work.records.recount
        if recount(fix=False):
            repair = partial(recount, fix=True)
            persists = partial(recount, fix=False)
            self.executor.handle(RepairJob(Discrepancy.MISCOUNTED, "list", repair, persists))

    def _drain(self, image_id: str) -> None:
        waits = partial(self.work.spool_drain.waits, image_id)
        if waits():
            drain = partial(self.work.spool_drain.drain, image_id)
            self.executor.handle(RepairJob(Discrepancy.SPOOLED, image_id, drain, waits))

    def _judge(self, seen: ObservedState) -> None:
        if self._diagnose(seen):
            self.executor.look(seen.id, partial(self._look_again, seen.id))
        elif seen.record and seen.record.state is State.UNKNOWN:
            self.executor.report.unknown.add(seen.id, seen.record.requested_at)

    def _look_again(self, image_id: str) -> None:
        seen = self.inventory.look(image_id)
        if seen is None:
            return  # somebody is changing it right now
        for kind in self._diagnose(seen):
            repair = partial(self.work.repairs.repair, kind, seen)
            persists = partial(self._persists, kind, image_id)
            self.executor.handle(RepairJob(kind, image_id, repair, persists))

    def _persists(self, kind: Discrepancy, image_id: str) -> bool:
        return kind in self._diagnose(self.inventory.look(image_id))

    def _diagnose(self, seen: ObservedState | None) -> tuple[Discrepancy, ...]:
        return diagnose(seen, self.work.clock.now()) if seen else ()
