"""The Observer port: log lines, metrics and traces."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication

from app.errors import AppError, Charged
from app.models import ImageRecord, PartHealth
from app.ports.observer import Step, TrashAction

if TYPE_CHECKING:
    from app.services.observability.metrics import Metrics
    from app.services.observability.tracing import Tracing

_NO_SPAN = nullcontext()

_log = logging.getLogger(__name__)


@dataclass
class _CurrentGeneration:
    """The current generation of a thread."""

    caller: str
    provider: str
    model: str
    is_edit: bool
    outcome: str = "internal_error"
    charged: Charged = Charged.UNKNOWN
    record: ImageRecord | None = None
    replayed: bool = False
    steps: dict[str, float] = field(default_factory=dict)  # seconds
    on_step: Callable[[Step], object] | None = None


_current: ContextVar[_CurrentGeneration | None] = ContextVar("generation", default=None)


class TelemetryObserver:
    """Writes metrics, traces, and one log line per generation.

    prometheus_client is imported at the first count, which keeps the start fast. Without `tracing`
    there are no traces.
    """

    def __init__(self, *, version: str, tracing: "Tracing | None" = None) -> None:
        self._version = version
        self._tracing = tracing
        self._lock = threading.Lock()
        self._metrics: Metrics | None = None

    @contextmanager
    def generation(
        self, *, caller: str, provider: str, model: str, is_edit: bool = False
    ) -> Iterator[None]:
        """See Observer."""
        state = _CurrentGeneration(caller, provider, model, is_edit)
        token, began = _current.set(state), time.monotonic()
        self._report(lambda metrics: metrics.in_flight.inc())
        try:
            yield
            state.outcome, state.charged = (
                "ready",
                state.record.charged if state.record else Charged.NO,
            )
        except AppError as error:
            state.outcome, state.charged = error.code, error.charged or Charged.NO
            state.replayed = error.replayed
            raise
        finally:
            _current.reset(token)
            self._report(lambda metrics: metrics.in_flight.dec())
            # Preparing a group ends no generation; each of its candidates does.
            if state.record is not None or state.outcome != "ready":
                self._report(partial(_end, state, time.monotonic() - began))

    @contextmanager
    def follow(self, on_step: Callable[[Step], object]) -> Iterator[None]:
        """See Observer."""
        state = _current.get()
        if state is None:
            yield
            return
        state.on_step = on_step
        try:
            yield
        finally:
            state.on_step = None

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
            state = _current.get()
            if state is not None:
                state.steps[name] = state.steps.get(name, 0.0) + seconds
            self._report(lambda metrics: metrics.step(name, seconds))

    def note(self, record: ImageRecord, *, replayed: bool = False) -> None:
        """See Observer."""
        state = _current.get()
        if state is not None:
            state.record, state.replayed = record, replayed

    def group(self, outcome: str) -> None:
        """See Observer."""
        self._report(lambda metrics: metrics.group(outcome))

    def upload(self, outcome: str, *, size_bytes: int = 0) -> None:
        """See Observer."""
        self._report(lambda metrics: metrics.upload(outcome, size_bytes))

    def trash(self, action: TrashAction, *, images: int = 1) -> None:
        """See Observer."""
        self._report(lambda metrics: metrics.trash(action, images))

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """See Observer."""
        self._report(lambda metrics: metrics.request(method, route, status, seconds))

    def cache_read(self, level: str) -> None:
        """Count a read by its level: memory, redis, store or computed."""
        self._report(lambda metrics: metrics.cache_read(level))

    def refused_object(self, kind: str) -> None:
        """Count a wrong response of the store, by the kind of the object."""
        self._report(lambda metrics: metrics.refused_object(kind))

    def provider_limits(self, remaining: Mapping[str, int]) -> None:
        """Note what remains of the provider's limits: images, requests and tokens."""
        self._report(lambda metrics: metrics.provider_limits(remaining))

    def trace(self, app: WSGIApplication) -> WSGIApplication:
        """See Observer."""
        return self._tracing.requests(app) if self._tracing else app

    def trace_id(self) -> str:
        """See Observer."""
        return self._tracing.trace_id() if self._tracing else ""

    def close(self) -> None:
        """Send the remaining spans."""
        if self._tracing:
            self._tracing.close()

    def page(self, parts: Sequence[PartHealth], *, waiting: int | None) -> bytes:
        """See Observer."""
        return self._load_metrics().page(parts, waiting)

    def _report(self, count: "Callable[[Metrics], object]") -> None:
        try:
            count(self._metrics or self._load_metrics())
        except Exception:  # noqa: BLE001 - reason: a full disk must not fail what is counted
            _log.exception("a metric could not be recorded")

    def _load_metrics(self) -> "Metrics":
        with self._lock:
            if self._metrics is None:
                from app.services.observability.metrics import Metrics

                self._metrics = Metrics(version=self._version)
            return self._metrics


def _end(state: _CurrentGeneration, seconds: float, metrics: "Metrics") -> None:
    """Write the log line of a generation, and count it."""
    record = state.record
    provider = record.provider if record else state.provider
    micros = record.cost_micros if record else None
    steps = {name: _ms(spent) for name, spent in state.steps.items()}
    fields = {
        "event": "generation",
        "generation": record.id if record else None,
        "caller": state.caller or None,
        "provider": provider,
        "model": record.model if record else state.model,
        "outcome": state.outcome,
        "replayed": state.replayed,
        "charged": str(state.charged),
        "cost_usd": None if micros is None else micros / 1e6,
        "ms": _ms(seconds),
        "steps_ms": steps,
    }
    outcome = "replayed" if state.replayed and state.outcome == "ready" else state.outcome
    spent = ", ".join(f"{name} {ms:.0f}" for name, ms in steps.items())
    about = (record.id if record else "-", outcome, state.charged, fields["ms"], spent or "no step")
    _log.info("generation %s: %s, charged: %s, %.0f ms (%s)", *about, extra={"fields": fields})
    # A request that waits for, replays or finishes another one's image has not paid again.
    paid = "upstream" in state.steps
    metrics.generation(
        outcome,
        provider,
        operation="edit" if state.is_edit else "generate",
        charged=str(state.charged) if paid else "no",
        dollars=micros / 1e6 if paid and micros is not None else 0.0,
        seconds=seconds,
    )


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
