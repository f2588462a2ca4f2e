"""POST /generate-image with `Accept: text/event-stream`."""

import threading
from pathlib import Path

import pytest

from app.imaging import CutoutOptions
from app.models import State
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.fakes.ports import FakeImageProcessor
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.http.clients import decode_partial, streaming
from tests.support.http.idempotent_requests import KEY, post
from tests.support.service import Parts, Service, openai_settings, serving, settings_for

STREAM = "text/event-stream"
KEY_HEADER = {"Idempotency-Key": KEY}


def test_stream_has_an_event_per_step_and_the_result(service: Service) -> None:
    """Each step has a progress event; the result equals the body of a plain request."""
    with streaming(service.url, KEY_HEADER, partial_images=1) as stream:
        assert stream.response.status_code == 200
        *earlier, last = stream.rest()
    steps = [event.data["step"] for event in earlier if event.name == "progress"]
    assert earlier[0].name == "progress"
    assert steps == [
        *("moderation", "checks", "record", "record", "upstream"),
        *("original", "cutout", "store", "record"),
    ]
    elapsed = [event.data["elapsed_ms"] for event in earlier if event.name == "progress"]
    assert elapsed == sorted(elapsed)
    assert last.name == "result"
    assert last.data == post(service).json()
    assert service.get(f"/images/{last.data['filename']}").status_code == 200


def test_partial_images_are_cut_out_like_the_final_one(tmp_path: Path) -> None:
    """The prompt is evidence for all cutouts of a generation."""
    processor = FakeImageProcessor([])
    with serving(settings_for(data_dir=tmp_path), image_processor=processor) as service:
        with streaming(service.url, partial_images=1) as stream:
            *_, result = stream.rest()
        options = CutoutOptions(subject=result.data["prompt"])
    assert len(processor.options) > 1
    assert set(processor.options) == {options}


def test_headers_prevent_caching_and_buffering(embedded: Service) -> None:
    """Headers disable caching and buffering, allow other origins and contain the request id."""
    with streaming(
        embedded.url, {"Origin": "https://app.example", "X-Request-ID": "mine"}
    ) as stream:
        error_of = stream.response.headers
        stream.rest()
    assert error_of["Content-Type"] == "text/event-stream; charset=utf-8"
    assert error_of["Cache-Control"] == "no-store, no-transform"
    assert error_of["X-Accel-Buffering"] == "no"
    assert (error_of["Access-Control-Allow-Origin"], error_of["X-Request-ID"]) == ("*", "mine")
    assert "Accept" in error_of["Vary"]


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("application/json;q=0.5, text/event-stream", True),
        ("text/event-stream;q=0.5, application/json", False),
        ("text/event-stream;q=0", False),
        ("text/*", False),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_accept_header_selects_the_stream(
    shared_embedded: Service, accept: str, streams: bool
) -> None:
    """The weights in Accept decide; `*/*` means JSON."""
    body = {"prompt": "A red fox", "dry_run": True}
    response = shared_embedded.call(
        "POST", "/generate-image", json=body, headers={"Accept": accept}
    )
    content_type = "text/event-stream" if streams else "application/json"
    assert response.headers["Content-Type"].partition(";")[0] == content_type
    assert "Accept" in response.headers["Vary"]
    assert '"dry_run":true' in response.text


def test_partial_images_are_small_and_transparent(real: Service, parts: Parts) -> None:
    """Partial images are sent before the final one, with a transparent background."""
    released = threading.Event()
    parts.fake.script("images", Fault.last_event_at(released))
    with streaming(real.url, partial_images=1) as stream:
        partial = stream.until("partial").data
        assert not released.is_set()
        released.set()
        assert [event.name for event in stream.rest()][-1] == "result"
    assert partial["index"] == 0
    image = decode_partial(partial)
    assert max(image.size) <= 256
    assert image.getchannel("A").getextrema() == (0, 255)
    assert parts.fake.requests_to("images")[0].body["partial_images"] == 1


def test_generation_continues_after_a_disconnect(real: Service, parts: Parts) -> None:
    """After a disconnect the image is stored, and the same key returns it at no charge."""
    released = threading.Event()
    parts.fake.script("images", Fault.last_event_at(released))
    with streaming(real.url, KEY_HEADER, partial_images=2) as stream:
        stream.until("partial")
    released.set()
    wait_until(real.images)
    response = post(real)
    assert (response.status_code, response.headers["Idempotency-Replayed"]) == (200, "true")
    assert response.json() | {"status": 0} == real.images()[0] | {"status": 0}
    assert (parts.fake.paid, len(parts.fake.requests_to("images"))) == (1, 1)


def test_replayed_stream_contains_only_the_result(service: Service) -> None:
    """A replay is marked and has no steps, whatever the number of partial images."""
    first = post(service)
    with streaming(service.url, KEY_HEADER, partial_images=3) as stream:
        assert stream.response.headers["Idempotency-Replayed"] == "true"
        (only,) = stream.rest()
    assert (only.name, only.data) == ("result", first.json())


@pytest.mark.parametrize(
    ("fault", "status", "seconds"),
    [(Fault.rate_limited(7), 503, 7), (Fault.stream_error(), 400, None)],
    ids=["before the stream", "within the stream"],
)
def test_error_event_equals_the_plain_error_response(
    real: Service, parts: Parts, fault: Fault, status: int, seconds: int | None
) -> None:
    """The last event has the plain error's body, its status and its Retry-After."""
    parts.fake.script("images", fault)
    with streaming(real.url, {"X-Request-ID": "mine"}, partial_images=1) as stream:
        last = stream.rest()[-1]
    assert last.name == "error"
    assert (last.data.pop("http_status"), last.data.pop("retry_after", None)) == (status, seconds)
    parts.fake.script("images", Fault.rate_limited(7) if seconds else Fault.moderation_blocked())
    plain = real.call(
        "POST", "/generate-image", json={"prompt": "A fox"}, headers={"X-Request-ID": "mine"}
    )
    assert (plain.status_code, plain.json()) == (status, last.data)


def test_unexpected_exception_is_an_internal_error_event(
    embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected exception is a 500 event, and logged with traceback and request id."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("hidden")

    monkeypatch.setattr(type(embedded.ports.image_processor), "cut_out", fail)
    with streaming(embedded.url, {"X-Request-ID": "mine"}) as stream:
        last = stream.rest()[-1]
    assert (last.name, last.data["http_status"]) == ("error", 500)
    assert (last.data["code"], last.data["charged"]) == ("internal_error", "unknown")
    assert "hidden" not in str(last.data)
    assert "[mine] internal_error: ZeroDivisionError\n    Traceback" in embedded.log.getvalue()


def test_errors_before_the_first_step_are_plain_responses(real: Service, parts: Parts) -> None:
    """An invalid body and a key in use get a JSON response with their own status."""
    released = threading.Event()
    parts.fake.script("images", Fault.until(released))
    with streaming(real.url, KEY_HEADER) as stream:
        parts.fake.wait_in_flight(1)
        running = post(real, accept=STREAM)
        assert (running.status_code, running.json()["code"]) == (409, "generation_in_progress")
        assert running.headers["Retry-After"] == "5"
        reused = post(real, prompt="A blue fox", accept=STREAM)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        invalid = post(real, accept=STREAM, partial_images=4)
        assert (invalid.status_code, invalid.json()["code"]) == (400, "invalid_request")
        released.set()
        assert stream.rest()[-1].name == "result"


def test_disconnected_stream_counts_against_the_limit(tmp_path: Path) -> None:
    """A running generation counts against the limit, also after a disconnect."""
    with FakeOpenAI() as fake:
        released = threading.Event()
        fake.script("images", Fault.until(released))
        settings = openai_settings(fake) | {"max_concurrent_generations": 1}
        with serving(settings_for(data_dir=tmp_path, **settings)) as service:
            with streaming(service.url) as stream:
                stream.until("progress")
            for accept in ("*/*", STREAM):
                rejected = post(service, key="another", accept=accept)
                assert (rejected.status_code, rejected.json()["code"]) == (503, "busy")
            released.set()
            wait_until(service.images)
            wait_until(lambda: service.generate().status_code == 200)


def test_stream_requires_an_api_key(
    embedded_auth_service: AuthenticatedService,
) -> None:
    """Without an API key the response is 401 as JSON."""
    url = embedded_auth_service.service.url
    with streaming(url) as stream:
        assert stream.response.status_code == 401
        assert stream.response.json()["code"] == "unauthorized"


def test_default_partial_images_apply_to_streams_only(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """OPENAI_PARTIAL_IMAGES is requested and estimated only if the response is a stream."""
    settings = openai_settings(fake_openai) | {"openai_partial_images": 2}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        plain = service.generate(dry_run=True).json()
        with streaming(service.url, dry_run=True) as stream:
            (event,) = stream.rest()
        assert "stream" not in plain["requests"][0]["body"]
        assert event.data["requests"][0]["body"]["partial_images"] == 2
        difference = event.data["estimate_usd"] - plain["estimate_usd"]
        assert difference == pytest.approx(2 * 100 * 30 / 1e6)
        with streaming(service.url, partial_images=0) as stream:
            stream.rest()
        assert "stream" not in fake_openai.requests_to("images")[0].body


def test_access_log_line_is_written_when_the_stream_ends(real: Service, parts: Parts) -> None:
    """The line has the time of the whole response and the request id."""
    released, line = threading.Event(), "[mine] POST /generate-image 200 "
    parts.fake.script("images", Fault.until(released))
    with streaming(real.url, {"X-Request-ID": "mine"}) as stream:
        stream.until("progress")
        assert line not in real.log.getvalue()
        released.set()
        stream.rest()
        wait_until(lambda: line in real.log.getvalue())
    (record,) = real.ports.records.scan(limit=10)
    assert record.state is State.READY
    assert f"[mine] generation {record.id}: ready" in real.log.getvalue()
