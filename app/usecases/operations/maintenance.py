"""Background work of a running server."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from app.errors import AppError, GenerationInProgress, ImagePendingUpload
from app.ports import Clock, ImageRecords
from app.usecases.billing.reservations import SettleReservations
from app.usecases.generation.idempotency import forget_expired
from app.usecases.generation.recovery import Recovery
from app.usecases.images.trash import Trash
from app.usecases.operations.health import Readiness
from app.usecases.reconcile.spool_drain import SpoolDrain

_MAX_RECOVERED = 20  # in one round
_FORGET_CLAIMS_SECONDS = 3600.0
_SETTLE_SECONDS = 300.0
_EMPTY_TRASH_SECONDS = 60.0

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Maintenance:
    """Runs a round of background work.

    A round drains the spool, finishes interrupted generations, settles their reservations,
    empties the trash and forgets old idempotency keys.

    Every process of every server may run it at the same time: the records decide which of them
    takes over a record. Within a process only one thread may call it.

    Args:
        records: contain the interrupted generations.
        clock: determines which leases have expired, and when to forget idempotency keys.
        readiness: reports whether storage and records are up; otherwise the round ends.
        recovery: finishes interrupted generations.
        spool_drain: drains this server's spool.
        settle_reservations: settles what a crash left open in the ledger.
        trash: is emptied.
        retention: how long an Idempotency-Key is remembered.
        may_forget: whether the clock can be trusted; if not, nothing is forgotten.
    """

    records: ImageRecords
    clock: Clock
    readiness: Readiness
    recovery: Recovery
    spool_drain: SpoolDrain
    settle_reservations: SettleReservations
    trash: Trash
    retention: timedelta
    may_forget: Callable[[], bool] = lambda: True
    _reported: set[str] = field(default_factory=set, init=False)
    _settled_at: float = field(default=float("-inf"), init=False)
    _claims_forgotten_at: float = field(default=float("-inf"), init=False)
    _trash_emptied_at: float = field(default=float("-inf"), init=False)

    def __call__(self) -> None:
        """Run one round; without work, this only lists the spool and queries once."""
        try:
            self._run(self.clock.now())
        except AppError as error:
            # Operators see that a part is down at /readyz, so the log level is low.
            _log.debug("maintenance is postponed: %s", error)

    def _run(self, now: datetime) -> None:
        spooled = list(self.spool_drain.ids())
        expired_leases = self.records.expired_leases(now, limit=_MAX_RECOVERED)
        self._forget_claims(now)
        self._settle_reservations()
        for image_id in spooled:
            self._try(image_id, partial(self.spool_drain.drain, image_id))
        for record in expired_leases:
            if record.id not in spooled:
                self._try(record.id, partial(self.recovery, record))
        self._empty_trash()

    def _forget_claims(self, now: datetime) -> None:
        monotonic = self.clock.monotonic()
        is_due = monotonic - self._claims_forgotten_at >= _FORGET_CLAIMS_SECONDS
        if is_due and self.may_forget():
            forget_expired(self.records, now, self.retention)
            self._claims_forgotten_at = monotonic

    def _settle_reservations(self) -> None:
        monotonic = self.clock.monotonic()
        if monotonic - self._settled_at >= _SETTLE_SECONDS:
            for reservation in self.settle_reservations.interrupted():
                self.settle_reservations.settle(reservation)
            self._settled_at = monotonic

    def _empty_trash(self) -> None:
        """Delete what is in the trash for too long: some once a minute, until all is gone."""
        monotonic = self.clock.monotonic()
        if monotonic - self._trash_emptied_at >= _EMPTY_TRASH_SECONDS and self.may_forget():
            deleted = self.trash.empty()
            if deleted:
                _log.info("deleted %d images whose time in the trash is over", deleted)
            else:
                self._trash_emptied_at = monotonic

    def _try(self, image_id: str, work: Callable[[], object]) -> None:
        # Results are cached, so that this is cheap; an outage ends the round.
        self.readiness.require("storage", "records")
        try:
            work()
        except GenerationInProgress:
            return  # another process is working on it
        except ImagePendingUpload as error:
            # The original may wait on another server for days; each round tries again.
            _log.debug("%s waits for storage: %s", image_id, error)
        except AppError as error:
            level = logging.DEBUG if image_id in self._reported else logging.WARNING
            self._reported.add(image_id)
            _log.log(level, "%s could not be finished: %s", image_id, error)
        except Exception as error:  # noqa: BLE001 - reason: one broken item must not stop the round
            _log.error("%s could not be finished: unexpected %s", image_id, type(error).__name__)
        else:
            _log.info("finished %s, which had been interrupted", image_id)
