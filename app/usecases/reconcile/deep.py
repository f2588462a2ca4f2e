"""Read all stored bytes and compare them with their hashes, at a limited rate."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import AppError
from app.imaging import UnusableImage
from app.models import ImageRecord, object_keys
from app.ports import Cursor, ImageRecords
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.inventory import Inventory
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.report import MAX_LISTED
from app.usecases.reconcile.verify import ObjectCheck, Verdict, VerifyImage

_PAGE_SIZE = 100  # records that are read together
_MB = 1_000_000
_REPAIRABLE = {
    "image": Discrepancy.IMAGE_MISSING,
    "sidecar": Discrepancy.SIDECAR_MISSING,
}


@dataclass
class DeepReport:
    """The outcome of a deep check.

    Attributes:
        resumed_after: the id after which an interrupted check was continued, or "".
        images: the number of images that were read.
        verdicts: the number of objects by verdict.
        repaired: the number of objects that were repaired, or whose hash was added.
        listed: the keys and verdicts of objects that are left, at most MAX_LISTED.
    """

    resumed_after: str = ""
    images: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    repaired: int = 0
    listed: list[tuple[str, Verdict]] = field(default_factory=list)
    remaining: int = 0

    def add(self, check: ObjectCheck, *, repaired: bool) -> None:
        """Count an object, and list it if something is wrong with it."""
        self.verdicts[check.verdict] += 1
        self.repaired += repaired
        if check.verdict is Verdict.OK or repaired:
            return
        self.remaining += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append((check.key, check.verdict))


@dataclass(frozen=True, kw_only=True)
class DeepCheck:
    """Verifies all images, and repairs what can be made again from verified originals.

    It saves its place after each image, and continues there after an interruption.
    """

    records: ImageRecords
    inventory: Inventory
    verify: VerifyImage
    repairs: Repairs
    cursor: Cursor
    sleep: Callable[[float], object] = time.sleep

    def __call__(self, *, fix: bool, mb_per_second: float) -> DeepReport:
        """Check all images once, or the rest of them.

        Raises:
            StorageUnavailable: the store or this server's disk is unavailable.
            RecordsUnavailable: the records are unavailable.
        """
        after = self.cursor.load()
        report = DeepReport(resumed_after=after)
        while records := self.records.scan(after=after, limit=_PAGE_SIZE):
            for record in records:
                after = record.id
                if record.is_kept and object_keys.is_id(record.id):
                    size = self._check(record, report, fix=fix)
                    self.sleep(size / _MB / mb_per_second)
                    self.cursor.save(after)
        self.cursor.clear()
        return report

    def _check(self, record: ImageRecord, report: DeepReport, *, fix: bool) -> int:
        """Check an image; return the number of bytes that were read."""
        report.images += 1
        checks = list(self.verify(record))
        if any(check.verdict is not Verdict.OK for check in checks):
            current = self.records.get(record.id)  # it may have been changed or deleted meanwhile
            if current is None or not current.is_kept:
                return 0
            record, checks = current, list(self.verify(current))
        for check in checks:
            report.add(check, repaired=fix and self._repair(record, check))
        return sum(check.size for check in checks)

    def _repair(self, record: ImageRecord, check: ObjectCheck) -> bool:
        kind = object_keys.kind_of(check.key)
        if check.verdict is Verdict.UNKNOWN and kind == "original":
            return self.verify.add_hash(record)
        if check.verdict not in {Verdict.DAMAGED, Verdict.MISSING} or kind not in _REPAIRABLE:
            return False
        snapshot = self.inventory.read(record.id)
        if snapshot is None:
            return False
        try:
            self.repairs.repair(_REPAIRABLE[kind], snapshot)
        except (AppError, UnusableImage):
            return False
        current = self.records.get(record.id)
        verdicts = {one.key: one.verdict for one in self.verify(current)} if current else {}
        return verdicts.get(check.key) is Verdict.OK
