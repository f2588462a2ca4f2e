"""Quotas of uploaded images and bytes per caller and day.

They are counted in the ledger, under accounts of their own, so that all servers share them.
"""

from dataclasses import dataclass
from datetime import datetime

from app.errors import UploadQuotaExceeded
from app.models import Budget, Caller, Spending
from app.models.billing import end_of, window_of
from app.ports import Clock, Ledger


@dataclass(frozen=True, kw_only=True)
class UploadQuota:
    """Counts the images of a caller and their bytes; a day is one in UTC.

    Callers without an API key share one quota.

    Args:
        ledger: counts. Its amounts are images or bytes here, instead of money.
        clock: determines the day.
        images: the number of images a day; 0 for no limit.
        size_bytes: the bytes a day; 0 for no limit.
    """

    ledger: Ledger
    clock: Clock
    images: int = 0
    size_bytes: int = 0

    def reserve(self, image_id: str, caller: Caller, size_bytes: int) -> None:
        """Count an image, once a day however often it is uploaded.

        Raises:
            UploadQuotaExceeded: the quota is too small for it; nothing is counted.
            RecordsUnavailable: the ledger can't be reached.
        """
        now = self.clock.now()
        counted: list[tuple[str, str, int]] = []
        for kind, amount, limit, quota in (
            ("images", 1, self.images, f"{self.images} images"),
            ("bytes", size_bytes, self.size_bytes, f"{self.size_bytes // 1024**2} MiB"),
        ):
            operation = f"upload {kind} {image_id} {window_of('day', now)}"
            account = f"uploaded-{kind}:{caller.id}"  # no caller's: their ids have no colon
            accounts = {account: Budget(micros=limit, period="day")}
            if limit and self.ledger.reserve(operation, accounts, amount, now) is not None:
                self._take_back(counted, now)
                raise self._exceeded(quota, now)
            counted.append((operation, account, amount if limit else 0))

    def _take_back(self, counted: list[tuple[str, str, int]], now: datetime) -> None:
        for operation, account, amount in counted:
            change = Spending(micros=-amount)
            self.ledger.record_spending(f"{operation} refused", [account], change, now)

    def _exceeded(self, quota: str, now: datetime) -> UploadQuotaExceeded:
        resets_at = end_of("day", now)
        return UploadQuotaExceeded(
            message=f"The upload quota of {quota} a day is used up. Try again when it resets.",
            retry_after=int((resets_at - now).total_seconds()) + 1,
            facts={"resets_at": resets_at.isoformat().replace("+00:00", "Z")},
        )
