"""What a running server does by itself, quietly, so that no operator has to."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from app.errors import AppError, GenerationInProgress, ImagePendingUpload
from app.ports import Clock, ImageRecords
from app.usecases.generation.recovery import Recovery
from app.usecases.operations.health import Readiness
from app.usecases.reconcile.spool_drain import SpoolDrain

_MAX_CONCURRENT_OVERDUE = 20
_FORGET_SECONDS = 3600.0

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Maintenance:
    """One round: bring home what waits in the spool, finish what others left, forget old keys.

    Every process of every server may do rounds at the same time: who takes a row over is agreed
    on in the records. Only one thread of a process calls it.

    Args:
        retention: how long an Idempotency-Key is remembered.
    """

    records: ImageRecords
    clock: Clock
    readiness: Readiness
    recovery: Recovery
    spool_drain: SpoolDrain
    retention: timedelta
    _forgot_at: float = field(default=float("-inf"), init=False)

    def __call__(self) -> None:
        """Do a round. Where nothing waits, it lists one folder and asks the records once."""
        try:
            self._round(self.clock.now())
        except AppError as error:
            # Whoever watches the server hears of a part that is down from /readyz.
            _log.debug("housekeeping has to wait: %s", error)

    def _round(self, now: datetime) -> None:
        waiting = list(self.spool_drain.ids())
        expired_leases = self.records.expired_leases(now, limit=_MAX_CONCURRENT_OVERDUE)
        self._forget_claims(now)
        for image_id in waiting:
            self._try(image_id, partial(self.spool_drain.drain, image_id))
        for record in expired_leases:
            if record.id not in waiting:
                self._try(record.id, partial(self.recovery, record))

    def _forget_claims(self, now: datetime) -> None:
        monotonic = self.clock.monotonic()
        if monotonic - self._forgot_at >= _FORGET_SECONDS:
            self.records.forget_claims(now - self.retention)
            self._forgot_at = monotonic

    def _try(self, image_id: str, work: Callable[[], object]) -> None:
        # Asked before each, and answered from memory: an outage ends the round.
        self.readiness.require("storage", "records")
        try:
            work()
        except GenerationInProgress:
            return  # another process has it
        except ImagePendingUpload as error:
            # Perhaps for days, on another server; the next round looks again.
            _log.debug("%s waits: %s", image_id, error)
        except AppError as error:
            _log.warning("%s could not be finished: %s", image_id, error)
        except Exception as error:  # noqa: BLE001 - reason: one broken item must not stop the round
            _log.error("%s could not be finished: unexpected %s", image_id, type(error).__name__)
        else:
            _log.info("%s, which was left unfinished, is settled", image_id)
