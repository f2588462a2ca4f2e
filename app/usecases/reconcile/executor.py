"""Tries to mend one thing, and writes down what became of it, whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import (
    AppError,
    GenerationInProgress,
    ImageNotFound,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import UnusableImage
from app.ports import ImageRecords, ImageStore
from app.usecases.reconcile.diagnosis import BEYOND_REPAIR, Discrepancy
from app.usecases.reconcile.report import Report, ReportedDiscrepancy

_ONLY_LOOKED = "this run only looks"


@dataclass(frozen=True)
class RepairJob:
    """Something that is wrong: how to mend it, and how to tell whether it still is wrong."""

    kind: Discrepancy
    id: str
    repair: Callable[[], object]
    persists: Callable[[], object]


@dataclass(frozen=True)
class RepairExecutor:
    """One broken image never stops a run; a part that is out of reach does."""

    store: ImageStore
    records: ImageRecords
    report: Report

    def look(self, image_id: str, look: Callable[[], None]) -> None:
        """Look at something; if that fails, it is left as broken."""
        error = self._error_of(look)
        if error is not None:
            self._note(Discrepancy.BROKEN, image_id, _reason(error))

    def handle(self, case: RepairJob) -> None:
        """Mend this, if the run may, and note the outcome."""
        if case.kind in BEYOND_REPAIR:
            self._note(case.kind, case.id, BEYOND_REPAIR[case.kind])
        elif not self.report.fix:
            self._note(case.kind, case.id, _ONLY_LOOKED)
        else:
            self._repair(case)

    def _repair(self, case: RepairJob) -> None:
        error = self._error_of(case.repair)
        persists = case.persists()
        if error is None:
            self._note(case.kind, case.id, "it is as it was" if persists else "")
        elif persists or not isinstance(error, GenerationInProgress | ImageNotFound):
            self._note(case.kind, case.id, _reason(error))
        # Otherwise somebody else has mended or removed it meanwhile.

    def _note(self, kind: Discrepancy, image_id: str, reason: str) -> None:
        self.report.tallies[kind].add(ReportedDiscrepancy(image_id, reason))

    def _error_of(self, work: Callable[[], object]) -> Exception | None:
        try:
            work()
        except (StorageUnavailable, RecordsUnavailable) as error:
            # Is it this one object that can't be had, or the whole part?
            self.store.ping()
            self.records.ping()
            return error
        except Exception as error:  # noqa: BLE001 - reason: one broken item must not stop the run
            return error
        return None


def _reason(error: Exception) -> str:
    """Say what happened without quoting anybody else: their texts may hold addresses."""
    if isinstance(error, AppError | UnusableImage):
        return str(error)
    return f"unexpected {type(error).__name__}"
