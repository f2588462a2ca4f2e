"""Execute checks and repairs, and report the outcome of each."""

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
from app.usecases.reconcile.diagnosis import IRREPARABLE, Discrepancy
from app.usecases.reconcile.report import ReconcileReport, ReportEntry

_REPAIRS_NOT_ALLOWED = "not repaired: this run only reports"
_NO_EFFECT = "the repair had no effect"


@dataclass(frozen=True)
class RepairJob:
    """A discrepancy and its repair.

    Attributes:
        kind: the kind of the discrepancy.
        id: the image's id, or the name of a file.
        repair: repairs the discrepancy, or raises.
        persists: returns whether the discrepancy still exists.
    """

    kind: Discrepancy
    id: str
    repair: Callable[[], object]
    persists: Callable[[], object]


@dataclass(frozen=True)
class RepairExecutor:
    """Runs checks and repairs, and reports their outcomes.

    An error of one image does not end the run; an outage does.
    """

    store: ImageStore
    records: ImageRecords
    report: ReconcileReport

    def check(self, image_id: str, check: Callable[[], None]) -> None:
        """Run a check; report the image if the check fails."""
        error = self._error_of(check)
        if error is not None:
            self._add(Discrepancy.CHECK_FAILED, image_id, _reason(error))

    def execute(self, job: RepairJob) -> None:
        """Repair a discrepancy, if possible and allowed, and report it."""
        if job.kind in IRREPARABLE:
            self._add(job.kind, job.id, IRREPARABLE[job.kind])
        elif not self.report.fix:
            self._add(job.kind, job.id, _REPAIRS_NOT_ALLOWED)
        else:
            self._repair(job)

    def _repair(self, job: RepairJob) -> None:
        error = self._error_of(job.repair)
        persists = job.persists()
        if error is None:
            self._add(job.kind, job.id, _NO_EFFECT if persists else "")
        elif persists or not isinstance(error, GenerationInProgress | ImageNotFound):
            self._add(job.kind, job.id, _reason(error))
        # Otherwise another process has repaired or deleted it in the meantime.

    def _add(self, kind: Discrepancy, image_id: str, reason: str) -> None:
        self.report.kinds[kind].add(ReportEntry(image_id, reason))

    def _error_of(self, work: Callable[[], object]) -> Exception | None:
        try:
            work()
        except (StorageUnavailable, RecordsUnavailable) as error:
            # The pings raise if the whole store is unavailable, rather than this one object.
            self.store.ping()
            self.records.ping()
            return error
        except Exception as error:  # noqa: BLE001 - reason: one broken item must not stop the run
            return error
        return None


def _reason(error: Exception) -> str:
    """Describe an error, without texts that may contain addresses."""
    if isinstance(error, AppError | UnusableImage):
        return str(error)
    return f"unexpected {type(error).__name__}"
