"""The Clock port on the system's clocks."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall-clock time in milliseconds, the finest unit that every record store keeps."""

    def now(self) -> datetime:
        """See Clock."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()
