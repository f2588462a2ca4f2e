"""The service's metrics in prometheus_client.

Under gunicorn they are kept in files that all workers read (`server/process_setup.py`). Labels
have few values: client data never becomes one.
"""

from collections.abc import Iterable, Mapping, Sequence
from platform import python_version
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MutexValue, ValueClass

from app.models import PartHealth
from app.ports.observer import TrashAction

_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
_CHARGES = ("yes", "unknown")
_LEVELS = ("memory", "redis", "store", "computed")
# Seconds: a read from memory takes less than one thousandth, an image up to ten minutes.
_BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)

# Several processes have no common creation time.
disable_created_metrics()  # type: ignore[no-untyped-call]  # reason: it has no types


class Metrics:
    """Counts in one process; `page` returns the counts of all processes."""

    def __init__(self, *, version: str) -> None:
        self._version = version
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "imageapi_requests",
            "Requests.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._request_seconds = Histogram(
            "imageapi_request_duration_seconds",
            "Time from a request's arrival to its response.",
            ("route",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._generations = Counter(
            "imageapi_generations",
            "Generations by outcome (ready, replayed, or the error's code), and whether this "
            "request was charged; the operation is generate or edit.",
            ("outcome", "provider", "charged", "operation"),
            registry=registry,
        )
        failures = Counter(
            "imageapi_charged_failures",
            "Generations without an image that were, or may have been, charged.",
            ("charged",),
            registry=registry,
        )
        self._charged_failures = {charged: failures.labels(charged) for charged in _CHARGES}
        self._generation_seconds = Histogram(
            "imageapi_generation_duration_seconds",
            "Duration of generations, in seconds.",
            ("outcome",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._step_seconds = Histogram(
            "imageapi_generation_step_duration_seconds",
            "Duration of the steps of generations, in seconds.",
            ("step",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._dollars = Counter(
            "imageapi_cost_dollars",
            "Known cost of images, in US dollars.",
            registry=registry,
        )
        self.in_flight = Gauge(
            "imageapi_generations_in_flight",
            "Running generations.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._groups = Counter(
            "imageapi_groups",
            "Requests for several candidates, by how many of them are images: all, some, none, or "
            "replayed.",
            ("outcome",),
            registry=registry,
        )
        self._uploads = Counter(
            "imageapi_uploads",
            "Uploads by outcome (stored, repeated, or the error's code).",
            ("outcome",),
            registry=registry,
        )
        self._uploaded_bytes = Counter(
            "imageapi_uploaded_bytes",
            "Bytes of the uploaded images that were stored.",
            registry=registry,
        )
        moves = Counter(
            "imageapi_trash",
            "Images that entered or left the trash: trashed, restored, purged by a request, or "
            "emptied when their time was over.",
            ("action",),
            registry=registry,
        )
        self._trash = {action: moves.labels(action) for action in get_args(TrashAction)}
        self._remaining = Gauge(
            "imageapi_provider_remaining",
            "What the image model's last response left of its limits a minute (images, requests, "
            "tokens).",
            ("kind",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        reads = Counter(
            "imageapi_cache_reads",
            "Reads of images and variants, by the level that served them.",
            ("level",),
            registry=registry,
        )
        self._reads = {level: reads.labels(level) for level in _LEVELS}
        self._refused_objects = Counter(
            "imageapi_refused_objects",
            "Responses of the image store that were not the object, by its kind.",
            ("kind",),
            registry=registry,
        )
        # Looked up once: finding a child by its labels takes longer than counting.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def group(self, outcome: str) -> None:
        """Count a request for several candidates."""
        self._groups.labels(outcome).inc()

    def upload(self, outcome: str, size_bytes: int) -> None:
        """Count an upload."""
        self._uploads.labels(outcome).inc()
        self._uploaded_bytes.inc(size_bytes)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a completed request."""
        known = self._known.get((method, route, status))
        if known is None:
            named = method if method in _METHODS else "other"
            known = self._requests.labels(named, route, status), self._request_seconds.labels(route)
            if named == method:  # else a caller could fill the memory with methods
                self._known[method, route, status] = known
        counter, histogram = known
        counter.inc()
        histogram.observe(seconds)

    def trash(self, action: TrashAction, images: int) -> None:
        """Count images that enter or leave the trash."""
        self._trash[action].inc(images)

    def generation(
        self,
        outcome: str,
        provider: str,
        *,
        operation: str,
        charged: str,
        dollars: float,
        seconds: float,
    ) -> None:
        """Count a generation; `charged` is whether this request was charged."""
        self._generations.labels(outcome, provider, charged, operation).inc()
        self._generation_seconds.labels(outcome).observe(seconds)
        if outcome != "ready" and charged in self._charged_failures:
            self._charged_failures[charged].inc()
        self._dollars.inc(dollars)

    def step(self, name: str, seconds: float) -> None:
        """Count a step."""
        self._step_seconds.labels(name).observe(seconds)

    def cache_read(self, level: str) -> None:
        """Count a read by its level: memory, redis, store or computed."""
        self._reads[level].inc()

    def refused_object(self, kind: str) -> None:
        """Count a wrong response of the store, by the kind of the object."""
        self._refused_objects.labels(kind).inc()

    def provider_limits(self, remaining: Mapping[str, int]) -> None:
        """Set what remains of the provider's limits, by kind."""
        for kind, value in remaining.items():
            self._remaining.labels(kind).set(value)

    def page(self, parts: Sequence[PartHealth], waiting: int | None) -> bytes:
        """Return all metrics in Prometheus' text format."""
        registry = self._registry
        if ValueClass is not MutexValue:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # reason: it has no types
        now = CollectorRegistry()
        now.register(_ScrapeCollector(self._version, parts, waiting))
        return generate_latest(registry) + generate_latest(now)


class _ScrapeCollector(Collector):
    """Metrics that the responding process determines for each scrape."""

    def __init__(self, version: str, parts: Sequence[PartHealth], waiting: int | None) -> None:
        self._version = version
        self._parts = parts
        self._waiting = waiting

    def collect(self) -> Iterable[Metric]:
        """See Collector."""
        up = GaugeMetricFamily("imageapi_part_up", "Whether a part is up.", labels=["part"])
        for part in self._parts:
            up.add_metric([part.name], float(part.up))
        yield up
        if self._waiting is not None:
            yield GaugeMetricFamily(
                "imageapi_spool_images",
                "Paid images that wait on this server's disk for storage.",
                value=self._waiting,
            )
        built = GaugeMetricFamily(
            "imageapi_build_info", "Always 1.", labels=["version", "python_version"]
        )
        built.add_metric([self._version, python_version()], 1)
        yield built
