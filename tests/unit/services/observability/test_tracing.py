"""Traces: one span per request and one per step, if OpenTelemetry is enabled."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from werkzeug.test import Client

from app import create_app
from app.config import traces_exporter
from app.errors import StorageUnavailable
from app.services.observability.observer import TelemetryObserver
from app.services.observability.tracing import Tracing
from tests.support.builders import World
from tests.support.servers import python_process
from tests.support.service import settings_for

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FROM_CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
START = """
import sys
import app
app.create_app()
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"opentelemetry"}))
"""
WITHOUT_IT = "import sys\nsys.modules['opentelemetry'] = None\n" + START


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Return the exporter that keeps all spans."""
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


@pytest.fixture
def log() -> io.StringIO:
    """Return the stream of the service's log."""
    return io.StringIO()


@pytest.fixture
def client(
    tmp_path: Path,
    world: World,
    spans: InMemorySpanExporter,
    log: io.StringIO,
) -> Iterator[Client]:
    """Return a client of a traced service on fakes."""

    def provider() -> TracerProvider:
        made = TracerProvider()
        made.add_span_processor(SimpleSpanProcessor(spans))
        return made

    watch = TelemetryObserver(version="test", tracing=Tracing(provider))
    ports = replace(world.ports, observer=watch)
    settings = settings_for(data_dir=tmp_path, log_format="json")
    app = create_app(settings, ports)
    (handler,) = logging.getLogger("app").handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(log)
    yield Client(app.wsgi_app)
    watch.close()


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_steps_are_below_the_request_and_that_is_below_its_caller(
    client: Client, spans: InMemorySpanExporter, log: io.StringIO, accept: str
) -> None:
    """All spans belong to the caller's trace, whose id is logged, and contain no prompt.

    The request's span ends with the response, even if another thread does the work.
    """
    headers = {**FROM_CALLER, "Accept": accept}
    client.post("/generate-image", json={"prompt": "A hidden fox"}, headers=headers, buffered=True)
    finished = {span.name: span for span in spans.get_finished_spans()}
    request = finished.pop("POST /generate-image")
    assert request.parent is not None
    assert (f"{request.parent.span_id:016x}", f"{request.context.trace_id:032x}") == (PARENT, TRACE)
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/generate-image",
    }
    assert {"moderation", "checks", "record", "upstream", "original", "cutout", "store"} == set(
        finished
    )
    for step in finished.values():
        assert step.parent == request.context
        assert (step.end_time or 0) <= (request.end_time or 0)
    assert "hidden fox" not in "".join(span.to_json() for span in spans.get_finished_spans())
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    traced = {line["event"]: line["trace_id"] for line in lines if "event" in line}
    assert traced == {"generation": TRACE, "request": TRACE}


def test_a_request_without_a_trace_begins_one(client: Client, spans: InMemorySpanExporter) -> None:
    """Each request without a trace gets one; an unknown path is named by its method only."""
    for given in ({}, {"traceparent": "broken"}):
        client.open("/x", method="BREW", headers=given, buffered=True)
    one, two = spans.get_finished_spans()
    assert one.name == two.name == "_OTHER other"
    assert one.parent is None
    assert one.context.trace_id != two.context.trace_id


def test_a_failure_is_marked_without_its_text(
    client: Client, world: World, spans: InMemorySpanExporter
) -> None:
    """The failed step and the request are marked as errors, without the error's text."""
    assert client.post("/generate-image", json={"prompt": "x"}).status_code == 200
    spans.clear()
    world.store.fail("put originals", StorageUnavailable("bucket-name refused"))
    assert client.post("/generate-image", json={"prompt": "x"}, buffered=True).status_code == 503
    finished = spans.get_finished_spans()
    failed = {span.name for span in finished if not span.status.is_ok}
    assert {"POST /generate-image", "original"} <= failed
    assert "bucket-name" not in "".join(span.to_json() for span in finished)


def test_images_are_traced_too(client: Client, world: World, spans: InMemorySpanExporter) -> None:
    """Responses of the image middleware have spans, with the route and never the name."""
    path = "images/0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5.png"
    world.store.put(path, b"the image", content_type="image/png")
    assert client.get(f"/{path}", buffered=True).status_code == 200
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /images/<image_name:filename>"


@pytest.mark.parametrize(
    ("variables", "exporter"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "images"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, None),
        ({"OTEL_SDK_DISABLED": "True", "OTEL_TRACES_EXPORTER": "otlp"}, None),
    ],
)
def test_opentelemetrys_own_variables_decide(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], exporter: str | None
) -> None:
    """Tracing is enabled by an exporter or its address, unless it is switched off."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert traces_exporter() == exporter


@pytest.mark.usefixtures("nothing_set")
def test_opentelemetry_is_imported_only_if_enabled(tmp_path: Path) -> None:
    """Without its variables OpenTelemetry is not imported, although it is installed."""
    assert python_process.run(START, cwd=tmp_path).split() == []


@pytest.mark.usefixtures("nothing_set")
def test_a_missing_installation_is_reported_once(tmp_path: Path) -> None:
    """The service starts with one warning that says what to install."""
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "LOG_FORMAT": "text"}
    process = python_process.start(WITHOUT_IT, cwd=tmp_path, env=asked)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    (warning,) = [line for line in said.splitlines() if " WARNING " in line]
    assert "requirements-otel.txt" in warning
