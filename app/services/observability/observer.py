"""The Observer port: log lines, metrics and traces."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication

from app.errors import AppError, Charged
from app.models import ImageRecord, PartHealth
from app.ports.observer import Step

if TYPE_CHECKING:
    from app.services.observability.metrics import Metrics
    from app.services.observability.tracing import Tracing

_NO_SPAN = nullcontext()

_log = logging.getLogger(__name__)


@dataclass
class _Seen:
    """The generation that a thread is at."""

    caller: str
    provider: str
    model: str
    outcome: str = "internal_error"
    charged: Charged = Charged.UNKNOWN
    row: ImageRecord | None = None
    replayed: bool = False
    steps: dict[str, float] = field(default_factory=dict)  # seconds
    on_step: Callable[[Step], object] | None = None


_current: ContextVar[_Seen | None] = ContextVar("generation", default=None)


class TelemetryObserver:
    """Counts, measures, and writes one line about each generation.

    prometheus_client is loaded when first something is counted, so start-up stays fast. Without
    `tracing` there are no traces.
    """

    def __init__(self, *, version: str, tracing: "Tracing | None" = None) -> None:
        self._version = version
        self._tracing = tracing
        self._lock = threading.Lock()
        self._metrics: Metrics | None = None

    @contextmanager
    def generation(self, *, caller: str, provider: str, model: str) -> Iterator[None]:
        """See Observer."""
        seen = _Seen(caller, provider, model)
        token, began = _current.set(seen), time.monotonic()
        self._report(lambda metrics: metrics.in_flight.inc())
        try:
            yield
            seen.outcome, seen.charged = "ready", seen.row.charged if seen.row else Charged.NO
        except AppError as error:
            seen.outcome, seen.charged = error.code, error.charged or Charged.NO
            seen.replayed = error.replayed
            raise
        finally:
            _current.reset(token)
            self._report(lambda metrics: metrics.in_flight.dec())
            self._report(partial(_end, seen, time.monotonic() - began))

    @contextmanager
    def follow(self, on_step: Callable[[Step], object]) -> Iterator[None]:
        """See Observer."""
        seen = _current.get()
        if seen is None:
            yield
            return
        seen.on_step = on_step
        try:
            yield
        finally:
            seen.on_step = None

    @contextmanager
    def step(self, name: Step) -> Iterator[None]:
        """See Observer."""
        began = time.monotonic()
        following = _current.get()
        if following is not None and following.on_step:
            following.on_step(name)
        try:
            with self._tracing.step(name) if self._tracing else _NO_SPAN:
                yield
        finally:
            seconds = time.monotonic() - began
            seen = _current.get()
            if seen is not None:
                seen.steps[name] = seen.steps.get(name, 0.0) + seconds
            self._report(lambda metrics: metrics.step(name, seconds))

    def note(self, row: ImageRecord, *, replayed: bool = False) -> None:
        """See Observer."""
        seen = _current.get()
        if seen is not None:
            seen.row, seen.replayed = row, replayed

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """See Observer."""
        self._report(lambda metrics: metrics.request(method, route, status, seconds))

    def cache_read(self, level: str) -> None:
        """Count a read that ended at this level: memory, redis, store or computed."""
        self._report(lambda metrics: metrics.cache_read(level))

    def trace(self, app: WSGIApplication) -> WSGIApplication:
        """See Observer."""
        return self._tracing.requests(app) if self._tracing else app

    def trace_id(self) -> str:
        """See Observer."""
        return self._tracing.trace_id() if self._tracing else ""

    def close(self) -> None:
        """Send what is still to be sent."""
        if self._tracing:
            self._tracing.close()

    def page(self, parts: Sequence[PartHealth], *, waiting: int | None) -> bytes:
        """See Observer."""
        return self._made().page(parts, waiting)

    def _report(self, count: "Callable[[Metrics], object]") -> None:
        try:
            count(self._metrics or self._made())
        except Exception:  # noqa: BLE001 - reason: a disk that is full must not fail what is counted
            _log.exception("a metric could not be kept")

    def _made(self) -> "Metrics":
        with self._lock:
            if self._metrics is None:
                from app.services.observability.metrics import Metrics

                self._metrics = Metrics(version=self._version)
            return self._metrics


def _end(seen: _Seen, seconds: float, metrics: "Metrics") -> None:
    """Write the one line about a generation, and count it."""
    row = seen.row
    provider = row.provider if row else seen.provider
    micros = row.cost_micros if row else None
    steps = {name: _ms(spent) for name, spent in seen.steps.items()}
    fields = {
        "event": "generation",
        "generation": row.id if row else None,
        "caller": seen.caller or None,
        "provider": provider,
        "model": row.model if row else seen.model,
        "outcome": seen.outcome,
        "replayed": seen.replayed,
        "charged": str(seen.charged),
        "cost_usd": None if micros is None else micros / 1e6,
        "ms": _ms(seconds),
        "steps_ms": steps,
    }
    outcome = "replayed" if seen.replayed and seen.outcome == "ready" else seen.outcome
    spent = ", ".join(f"{name} {ms:.0f}" for name, ms in steps.items())
    about = (row.id if row else "-", outcome, seen.charged, fields["ms"], spent or "no step")
    _log.info("generation %s: %s, charged: %s, %.0f ms (%s)", *about, extra={"fields": fields})
    # Who waits for what another request bought, repeats or finishes it, has not bought it again.
    bought = "upstream" in seen.steps
    metrics.generation(
        outcome,
        provider,
        charged=str(seen.charged) if bought else "no",
        dollars=micros / 1e6 if bought and micros is not None else 0.0,
        seconds=seconds,
    )


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
