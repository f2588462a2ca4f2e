"""Traces by OpenTelemetry: a span a request and a span a step.

This module is imported only if OpenTelemetry's variables ask for traces; nearly all of them are
read by OpenTelemetry itself. No span holds a prompt, a query, or the text of an error.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import SpanKind, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.services.runtime.lazy_client import LazyClient

_NAME = "imageapi"
_W3C = TraceContextTextMapPropagator()
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class _Provider:
    """OpenTelemetry's provider, which lets go of what it holds like all our clients."""

    def __init__(self, made: TracerProvider) -> None:
        self.tracer: Tracer = made.get_tracer(_NAME)
        self.close = made.shutdown


class Tracing:
    """Makes spans. Provider and exporter are made at first use, so each forked process has its own.

    Args:
        make_provider: see `exporting_to`.
    """

    def __init__(self, make_provider: Callable[[], TracerProvider]) -> None:
        self._provider = LazyClient(lambda: _Provider(make_provider()))

    def close(self) -> None:
        """Send what has not been sent yet."""
        self._provider.close()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Make a span of a step."""
        start = self._provider().tracer.start_as_current_span
        with start(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def trace_id(self) -> str:
        """Return the id of the trace that this thread is in, or ""."""
        context = get_current_span().get_span_context()
        return f"{context.trace_id:032x}" if context.is_valid else ""

    def requests(self, app: WSGIApplication) -> WSGIApplication:
        """Make a span of each request that this application answers, in its caller's trace."""

        def traced(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            given = environ["REQUEST_METHOD"]
            method = given if given in _METHODS else "_OTHER"  # as OpenTelemetry calls them
            carrier = {
                "traceparent": environ.get("HTTP_TRACEPARENT", ""),
                "tracestate": environ.get("HTTP_TRACESTATE", ""),
            }
            span = self._provider().tracer.start_span(
                method,
                context=_W3C.extract(carrier),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method},
            )

            def started(status: str, *rest: Any) -> Any:
                span.set_attribute("http.response.status_code", int(status[:3]))
                if status.startswith("5"):
                    span.set_status(StatusCode.ERROR)
                return start_response(status, *rest)

            with ExitStack() as unanswered:
                unanswered.callback(span.end)
                with use_span(span, record_exception=False):
                    body = app(environ, started)
                route = environ.get("app.route")
                if route:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{method} {route}")
                return _Answer(body, unanswered.pop_all())

        return traced


class _Answer:
    """The body of an answer, at whose end something is done."""

    def __init__(self, body: Iterable[bytes], at_end: ExitStack) -> None:
        self._body = body
        self._at_end = at_end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, as servers do when it was sent or nobody is there to take it."""
        with self._at_end:
            getattr(self._body, "close", lambda: None)()


def exporting_to(exporter: str) -> Callable[[], TracerProvider]:
    """Return what makes a provider that sends its spans there: `otlp` or `console`.

    Raises:
        ImportError: that exporter is not installed.
    """
    make_exporter = _exporter(exporter)

    def make() -> TracerProvider:
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(make_exporter()))
        return provider

    return make


def _exporter(name: str) -> Callable[[], SpanExporter]:
    if name == "console":
        return ConsoleSpanExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    otlp: Callable[[], SpanExporter] = OTLPSpanExporter
    return otlp
