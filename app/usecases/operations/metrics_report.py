"""Report the metrics of a running server, as `/metrics` returns them.

Counters and histograms are collected while requests run. The health of the parts and the number of
images in the spool are states, so they are read when the report is made.
"""

from dataclasses import dataclass

from app.errors import StorageUnavailable
from app.models import object_keys
from app.ports import Observer, Spool
from app.usecases.operations.health import Readiness


@dataclass(frozen=True)
class MetricsReport:
    """Combines the collected metrics with the state of parts and spool.

    Args:
        observer: collects the metrics.
        spool: the spool of this server.
        readiness: reports the health of the parts.
    """

    observer: Observer
    spool: Spool
    readiness: Readiness

    def __call__(self) -> bytes:
        """Return all metrics in Prometheus's text format.

        A part that is down is reported as such; a spool that can't be read is left out.
        """
        return self.observer.page(self.readiness.report(), waiting=self._count_spooled())

    def _count_spooled(self) -> int | None:
        """Return the number of images in the spool; None if it is unreadable."""
        try:
            keys = self.spool.keys(object_keys.ORIGINALS)
            return sum(not object_keys.is_sidecar(key) for key in keys)
        except StorageUnavailable:
            return None
