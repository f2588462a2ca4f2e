"""Run all checks: spool, images, temporary files and counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.models import PageQuery, State
from app.ports import Clock, ImageRecords, ImageStore, TempFiles
from app.usecases.billing.reservations import SettleReservations
from app.usecases.reconcile.diagnosis import Discrepancy, ImageSnapshot, diagnose
from app.usecases.reconcile.executor import RepairExecutor, RepairJob
from app.usecases.reconcile.inventory import Inventory
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.report import ReconcileReport
from app.usecases.reconcile.spool_drain import SpoolDrain

_TEMP_FILE_AGE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Finds discrepancies and repairs them. It never pays."""

    records: ImageRecords
    store: ImageStore
    clock: Clock
    repairs: Repairs
    spool_drain: SpoolDrain
    settle_reservations: SettleReservations
    temp_files: TempFiles

    def __call__(
        self,
        *,
        fix: bool,
        restore_spooled: bool = False,
        progress: Callable[[int], None] = lambda _records: None,
    ) -> ReconcileReport:
        """Check everything once.

        Args:
            fix: whether to repair the discrepancies.
            restore_spooled: whether to restore spooled images that may have been deleted.
            progress: called with the number of records that were checked since its last call.

        Raises:
            StorageUnavailable: the store or this server's disk is unavailable.
            RecordsUnavailable: the records are unavailable.
        """
        run = _Run(
            executor=RepairExecutor(self.store, self.records, ReconcileReport(fix=fix)),
            inventory=Inventory(self.store, self.records),
            reconcile=self,
            restore_spooled=restore_spooled,
        )
        run.check_images(progress)
        run.remove_temp_files()
        run.correct_counts()
        run.settle_reservations()
        return run.executor.report

    def count_records(self) -> int:
        """Return the number of ready images, a fast estimate for progress."""
        return self.records.page(PageQuery(limit=1)).total


@dataclass(frozen=True, kw_only=True)
class _Run:
    executor: RepairExecutor
    inventory: Inventory
    reconcile: Reconcile
    restore_spooled: bool

    def check_images(self, progress: Callable[[int], None]) -> None:
        spooled = frozenset(self.reconcile.spool_drain.ids())
        for image_id in sorted(spooled):
            self.executor.check(image_id, partial(self._drain, image_id))
        for snapshot in self.inventory.images():
            if snapshot.record:
                self.executor.report.records += 1
                progress(1)
            if snapshot.id not in spooled:
                self._check(snapshot)

    def remove_temp_files(self) -> None:
        temp_files = self.reconcile.temp_files
        for name in temp_files.older_than(self.reconcile.clock.now() - _TEMP_FILE_AGE):
            remove = partial(temp_files.remove, name)
            self.executor.execute(
                RepairJob(Discrepancy.TEMPORARY_FILE, name, remove, lambda: False)
            )

    def correct_counts(self) -> None:
        recount = self.reconcile.records.recount
        if recount(fix=False):
            repair = partial(recount, fix=True)
            persists = partial(recount, fix=False)
            self.executor.execute(RepairJob(Discrepancy.MISCOUNTED, "list", repair, persists))

    def settle_reservations(self) -> None:
        settle_reservations = self.reconcile.settle_reservations
        for reservation in settle_reservations.interrupted():
            settle = partial(settle_reservations.settle, reservation)
            self.executor.execute(
                RepairJob(Discrepancy.OPEN_RESERVATION, reservation.image_id, settle, lambda: False)
            )

    def _drain(self, image_id: str) -> None:
        is_waiting = partial(self.reconcile.spool_drain.is_waiting, image_id)
        if is_waiting():
            spool_drain = self.reconcile.spool_drain
            drain = partial(spool_drain.drain, image_id, restore=self.restore_spooled)
            self.executor.execute(RepairJob(Discrepancy.SPOOLED, image_id, drain, is_waiting))

    def _check(self, snapshot: ImageSnapshot) -> None:
        if self._diagnose(snapshot):
            self.executor.check(snapshot.id, partial(self._check_again, snapshot.id))
        elif snapshot.record and snapshot.record.state is State.UNKNOWN:
            self.executor.report.unknown.add(snapshot.id, snapshot.record.requested_at)

    def _check_again(self, image_id: str) -> None:
        """Read the image again, as listings may be outdated; then repair it."""
        snapshot = self.inventory.read(image_id)
        if snapshot is None:
            return  # another process is changing it
        for kind in self._diagnose(snapshot):
            repair = partial(self.reconcile.repairs.repair, kind, snapshot)
            persists = partial(self._persists, kind, image_id)
            self.executor.execute(RepairJob(kind, image_id, repair, persists))

    def _persists(self, kind: Discrepancy, image_id: str) -> bool:
        return kind in self._diagnose(self.inventory.read(image_id))

    def _diagnose(self, snapshot: ImageSnapshot | None) -> tuple[Discrepancy, ...]:
        return diagnose(snapshot, self.reconcile.clock.now()) if snapshot else ()
