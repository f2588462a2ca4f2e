"""The whole run: spool, rows and objects, temporary files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.models import State
from app.ports import Leftovers, Ports
from app.usecases.generation.recovery import Recovery
from app.usecases.reconcile.diagnosis import Kind, Seen, diagnose
from app.usecases.reconcile.executor import Attempts, Case
from app.usecases.reconcile.inventory import Eyes
from app.usecases.reconcile.rebuild import Rebuilder
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.report import Report
from app.usecases.reconcile.spool_drain import Spooled

_OLD = timedelta(days=1)


@dataclass(frozen=True)
class Reconcile:
    """Finds what is wrong, and mends what can be. It never pays."""

    ports: Ports
    recovery: Recovery
    leftovers: Leftovers

    def __call__(
        self, *, fix: bool, progress: Callable[[int], None] = lambda _rows: None
    ) -> Report:
        """Go through everything; `progress` hears of every row.

        Raises:
            StorageUnavailable: the store, or this server's disk, is out of reach.
            RecordsUnavailable: the records are.
        """
        rebuild = Rebuilder(self.ports)
        run = _Run(
            attempts=Attempts(self.ports, Report(fix=fix)),
            eyes=Eyes(self.ports.store, self.ports.records),
            repairs=Repairs(self.ports, self.recovery, rebuild),
            spooled=Spooled(self.ports, self.recovery, rebuild),
        )
        run.go_through_everything(progress)
        run.remove_temporary(self.leftovers)
        run.count_again()
        return run.attempts.report

    def count_rows(self) -> int:
        """Return how many pictures are ready: about how many rows there are, and quick to tell."""
        return self.ports.records.page(limit=1).total


@dataclass(frozen=True, kw_only=True)
class _Run:
    attempts: Attempts
    eyes: Eyes
    repairs: Repairs
    spooled: Spooled

    def go_through_everything(self, progress: Callable[[int], None]) -> None:
        waiting = frozenset(self.spooled.ids())
        for image_id in sorted(waiting):
            self.attempts.look(image_id, partial(self._bring_home, image_id))
        for seen in self.eyes.everything():
            if seen.row:
                self.attempts.report.rows += 1
                progress(1)
            if seen.id not in waiting:
                self._judge(seen)

    def remove_temporary(self, leftovers: Leftovers) -> None:
        for name in leftovers.older_than(self.attempts.ports.clock.now() - _OLD):
            remove = partial(leftovers.remove, name)
            self.attempts.handle(Case(Kind.TEMPORARY, name, remove, lambda: False))

    def count_again(self) -> None:
        recount = self.attempts.ports.records.recount
        if recount(fix=False):
            mend = partial(recount, fix=True)
            persists = partial(recount, fix=False)
            self.attempts.handle(Case(Kind.MISCOUNTED, "list", mend, persists))

    def _bring_home(self, image_id: str) -> None:
        waits = partial(self.spooled.waits, image_id)
        if waits():
            bring_home = partial(self.spooled.bring_home, image_id)
            self.attempts.handle(Case(Kind.SPOOLED, image_id, bring_home, waits))

    def _judge(self, seen: Seen) -> None:
        if self._diagnose(seen):
            self.attempts.look(seen.id, partial(self._look_again, seen.id))
        elif seen.row and seen.row.state is State.UNKNOWN:
            self.attempts.report.unknown.add(seen.id, seen.row.requested_at)

    def _look_again(self, image_id: str) -> None:
        seen = self.eyes.look(image_id)
        if seen is None:
            return  # somebody is changing it right now
        for kind in self._diagnose(seen):
            mend = partial(self.repairs.mend, kind, seen)
            persists = partial(self._persists, kind, image_id)
            self.attempts.handle(Case(kind, image_id, mend, persists))

    def _persists(self, kind: Kind, image_id: str) -> bool:
        return kind in self._diagnose(self.eyes.look(image_id))

    def _diagnose(self, seen: Seen | None) -> tuple[Kind, ...]:
        return diagnose(seen, self.attempts.ports.clock.now()) if seen else ()
