"""OpenTelemetry traces: one span per request and one per step.

This module is imported only if OpenTelemetry's variables enable traces. OpenTelemetry reads nearly
all of them itself. No span contains a prompt, a query, or the text of an error.
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
    """OpenTelemetry's provider with the `close` of a client."""

    def __init__(self, provider: TracerProvider) -> None:
        self.tracer: Tracer = provider.get_tracer(_NAME)
        self.close = provider.shutdown


class Tracing:
    """Creates spans.

    Provider and exporter are created at first use, in each forked process.

    Args:
        make_provider: see `exporting_to`.
    """

    def __init__(self, make_provider: Callable[[], TracerProvider]) -> None:
        self._provider = LazyClient(lambda: _Provider(make_provider()))

    def close(self) -> None:
        """Send the remaining spans."""
        self._provider.close()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Create the span of a step."""
        start = self._provider().tracer.start_as_current_span
        with start(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except Exception as error:  # reason: only marks the span, and raises again
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def trace_id(self) -> str:
        """Return the id of this thread's trace, or ""."""
        context = get_current_span().get_span_context()
        return f"{context.trace_id:032x}" if context.is_valid else ""

    def requests(self, app: WSGIApplication) -> WSGIApplication:
        """Wrap the application in a span per request, in the client's trace."""

        def traced(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            method = environ["REQUEST_METHOD"]
            if method not in _METHODS:
                method = "_OTHER"  # OpenTelemetry's name for all others
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

            with ExitStack() as open_span:
                open_span.callback(span.end)
                with use_span(span, record_exception=False):
                    body = app(environ, started)
                route = environ.get("app.route")
                if route:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{method} {route}")
                return _TracedBody(body, open_span.pop_all())

        return traced


class _TracedBody:
    """A response body with a callback at its end."""

    def __init__(self, body: Iterable[bytes], at_end: ExitStack) -> None:
        self._body = body
        self._at_end = at_end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, as servers do after sending it or losing the client."""
        with self._at_end:
            getattr(self._body, "close", lambda: None)()


def exporting_to(exporter: str) -> Callable[[], TracerProvider]:
    """Return a factory of providers that send spans to `otlp` or `console`.

    Raises:
        ImportError: the exporter is not installed.
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
