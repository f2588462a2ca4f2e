"""What the operator's tools ask a running server for."""

from dataclasses import dataclass

from app.errors import StorageUnavailable
from app.models import object_keys
from app.ports import Observer, Spool
from app.usecases.operations.health import Readiness


@dataclass(frozen=True)
class MetricsReport:
    """Brings together what was counted and how the server is at this moment."""

    observer: Observer
    spool: Spool
    readiness: Readiness

    def __call__(self) -> bytes:
        """Return all metrics in Prometheus' text format; a part that is down stops nothing."""
        return self.observer.page(self.readiness.report(), waiting=self._waiting())

    def _waiting(self) -> int | None:
        """Count the images in the spool, without the notes beside them."""
        try:
            keys = self.spool.keys(object_keys.ORIGINALS)
            return sum(not object_keys.is_sidecar(key) for key in keys)
        except StorageUnavailable:
            return None
