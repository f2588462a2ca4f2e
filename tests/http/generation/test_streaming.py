"""POST /generate-image with `Accept: text/event-stream`: watching an image being drawn."""

import threading
from pathlib import Path

import pytest

from app.models import State
from tests.support.concurrency.eventually import eventually
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.http.idempotent_requests import KEY, post
from tests.support.http.sse_client import decode_partial, streaming
from tests.support.service import Parts, Service, openai_settings, serving, settings_for

STREAM = "text/event-stream"
KEYED = {"Idempotency-Key": KEY}


def test_a_streamed_image_is_reported_step_by_step(service: Service) -> None:
    """Each step is told as it begins, the first at once, and the result is that of a plain call."""
    with streaming(service.url, KEYED, partial_images=1) as stream:
        assert stream.response.status_code == 200
        *before, last = stream.rest()
    steps = [event.data["step"] for event in before if event.name == "progress"]
    assert before[0].name == "progress"
    assert steps == [
        *("moderation", "checks", "record", "record", "upstream"),
        *("original", "cutout", "store", "record"),
    ]
    elapsed = [event.data["elapsed_ms"] for event in before if event.name == "progress"]
    assert elapsed == sorted(elapsed)
    assert last.name == "result"
    assert last.data == post(service).json()
    assert service.get(f"/images/{last.data['filename']}").status_code == 200


def test_the_headers_let_it_flow(embedded: Service) -> None:
    """No cache keeps it, no proxy holds it back, other origins may read it, it has an id."""
    with streaming(
        embedded.url, {"Origin": "https://app.example", "X-Request-ID": "mine"}
    ) as stream:
        error_of = stream.response.headers
        stream.rest()
    assert error_of["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (error_of["Cache-Control"], error_of["X-Accel-Buffering"]) == ("no-store", "no")
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
def test_only_who_prefers_events_gets_them(
    shared_embedded: Service, accept: str, streams: bool
) -> None:
    """The weights in `Accept` decide; who accepts anything gets JSON."""
    body = {"prompt": "A red fox", "dry_run": True}
    answer = shared_embedded.call("POST", "/generate-image", json=body, headers={"Accept": accept})
    kind = "text/event-stream" if streams else "application/json"
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    assert "Accept" in answer.headers["Vary"]
    assert '"dry_run":true' in answer.text


def test_partial_images_are_small_and_cut_out(real: Service, parts: Parts) -> None:
    """They come while the model draws, with its white background gone already."""
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
    assert parts.fake.asked("images")[0].body["partial_images"] == 1


def test_who_leaves_loses_nothing_and_pays_once(real: Service, parts: Parts) -> None:
    """The image is drawn to its end and stored, and the same key gets it for nothing."""
    released = threading.Event()
    parts.fake.script("images", Fault.last_event_at(released))
    with streaming(real.url, KEYED, partial_images=2) as stream:
        stream.until("partial")
    released.set()
    eventually(real.images)
    answer = post(real)
    assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (200, "true")
    assert answer.json() | {"status": 0} == real.images()[0] | {"status": 0}
    assert (parts.fake.paid, len(parts.fake.asked("images"))) == (1, 1)


def test_a_repeated_request_gets_only_the_result(service: Service) -> None:
    """An answer from an earlier request is marked, and shows no steps; partials don't matter."""
    first = post(service)
    with streaming(service.url, KEYED, partial_images=3) as stream:
        assert stream.response.headers["Idempotency-Replayed"] == "true"
        (only,) = stream.rest()
    assert (only.name, only.data) == ("result", first.json())


@pytest.mark.parametrize(
    ("fault", "status", "seconds"),
    [(Fault.rate_limited(7), 503, 7), (Fault.stream_error(), 400, None)],
    ids=["before the stream", "within the stream"],
)
def test_an_error_is_reported_as_a_plain_call_would(
    real: Service, parts: Parts, fault: Fault, status: int, seconds: int | None
) -> None:
    """The last event is the body of the plain error, and what its status and headers would say."""
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


def test_a_bug_is_reported_in_the_shape_of_all_errors(
    embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody expected is logged with its traceback and the request's id, and told as 500."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("hidden")

    monkeypatch.setattr(type(embedded.ports.imaging), "cut_out", broken)
    with streaming(embedded.url, {"X-Request-ID": "mine"}) as stream:
        last = stream.rest()[-1]
    assert (last.name, last.data["http_status"]) == ("error", 500)
    assert (last.data["code"], last.data["charged"]) == ("internal_error", "unknown")
    assert "hidden" not in str(last.data)
    assert "[mine] internal_error: ZeroDivisionError\n    Traceback" in embedded.log.getvalue()


def test_what_fails_before_the_work_begins_is_a_plain_error(real: Service, parts: Parts) -> None:
    """A bad body, a busy server and a key in use have their own status, and JSON."""
    released = threading.Event()
    parts.fake.script("images", Fault.until(released))
    with streaming(real.url, KEYED) as stream:
        parts.fake.wait_in_flight(1)
        again = post(real, accept=STREAM)
        assert (again.status_code, again.json()["code"]) == (409, "generation_in_progress")
        assert again.headers["Retry-After"] == "5"
        reused = post(real, prompt="A blue fox", accept=STREAM)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        wrong = post(real, accept=STREAM, partial_images=4)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_request")
        released.set()
        assert stream.rest()[-1].name == "result"


def test_a_stream_holds_its_place_until_the_work_ends(tmp_path: Path) -> None:
    """Also when its caller has left: what runs counts, so nobody else is let in too many."""
    with FakeOpenAI() as fake:
        released = threading.Event()
        fake.script("images", Fault.until(released))
        settings = openai_settings(fake) | {"max_concurrent_generations": 1}
        with serving(settings_for(data_dir=tmp_path, **settings)) as service:
            with streaming(service.url) as stream:
                stream.until("progress")
            for accept in ("*/*", STREAM):
                refused = post(service, key="another", accept=accept)
                assert (refused.status_code, refused.json()["code"]) == (503, "busy")
            released.set()
            eventually(service.images)
            eventually(lambda: service.generate().status_code == 200)


def test_a_stream_needs_a_key_like_a_plain_call(
    embedded_auth_service: AuthenticatedService,
) -> None:
    """Without one it is 401, as JSON; with one the image is its owner's."""
    url = embedded_auth_service.service.url
    with streaming(url) as stream:
        assert stream.response.status_code == 401
        assert stream.response.json()["code"] == "unauthorized"


def test_the_servers_default_counts_for_streams_only(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """OPENAI_PARTIAL_IMAGES is asked of the model, and estimated, where somebody can see them."""
    settings = openai_settings(fake_openai) | {"openai_partial_images": 2}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        plain = service.generate(dry_run=True).json()
        with streaming(service.url, dry_run=True) as stream:
            (shown,) = stream.rest()
        assert "stream" not in plain["requests"][0]["body"]
        assert shown.data["requests"][0]["body"]["partial_images"] == 2
        more = shown.data["estimate_usd"] - plain["estimate_usd"]
        assert more == pytest.approx(2 * 100 * 30 / 1e6)
        with streaming(service.url, partial_images=0) as stream:
            stream.rest()
        assert "stream" not in fake_openai.asked("images")[0].body


def test_the_line_of_a_request_is_written_when_its_stream_ends(real: Service, parts: Parts) -> None:
    """So its time is that of the whole answer, and it carries the request's id."""
    released, line = threading.Event(), "[mine] POST /generate-image 200 "
    parts.fake.script("images", Fault.until(released))
    with streaming(real.url, {"X-Request-ID": "mine"}) as stream:
        stream.until("progress")
        assert line not in real.log.getvalue()
        released.set()
        stream.rest()
        eventually(lambda: line in real.log.getvalue())
    (row,) = real.ports.records.scan(limit=10)
    assert row.state is State.READY
    assert f"[mine] generation {row.id}: ready" in real.log.getvalue()
