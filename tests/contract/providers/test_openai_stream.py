"""The image generator on OpenAI with streamed responses."""

import threading
from typing import Any

import pytest

from app.errors import (
    AppError,
    Charged,
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderTimeout,
)
from app.services.openai import image_stream
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.builders import a_drawing
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import (
    MODEL,
    TIMEOUT_SECONDS,
    draw,
    fails_as,
    generator_at,
    use_clock,
)
from tests.support.openai.faults import FAILURES

NO, YES, UNKNOWN = Charged.NO, Charged.YES, Charged.UNKNOWN
_FLAT = b'data: {"type": "error", "code": "server_error", "message": "UPSTREAM-SECRET-TEXT"}\n\n'
_BAD = b'event: image_generation.completed\ndata: {"b64_json": "%%"\n\n'

ENDS: dict[str, tuple[Behavior, type[AppError], Charged]] = {
    "rejected while generating": (Fault.stream_error(), PromptRejected, NO),
    "no quota": (Fault.stream_error("credit_balance_exhausted"), ProviderQuota, NO),
    "failed": (Fault.stream_error("server_error"), ProviderError, UNKNOWN),
    "failed, flat error": (Fault.stream_ends_with(_FLAT), ProviderError, UNKNOWN),
    "no final image": (Fault.stream_unfinished(), ProviderError, UNKNOWN),
    "nonsense": (Fault.stream_ends_with(b"data: [DONE]\n\ngarbage"), ProviderError, UNKNOWN),
    "broken last event": (Fault.stream_ends_with(_BAD), ProviderBadResponse, YES),
    "cut": (Fault.cut(1000), ProviderTimeout, UNKNOWN),
}


class PartialImages:
    """Collects the partial images."""

    def __init__(self) -> None:
        self.received: list[tuple[int, bytes]] = []
        self.first = threading.Event()

    def __call__(self, index: int, image: bytes) -> None:
        """Add a partial image."""
        self.received.append((index, image))
        self.first.set()


def stream(generator: OpenAIGenerator, partial: PartialImages, partials: int = 2) -> Any:
    """Generate an image with partial images."""
    request = a_drawing("a red mug", partial_images=partials)
    return generator.draw(request, on_partial=partial)


def test_partial_images_precede_the_final_image(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Partial images have numbers, the final image is unchanged, and the usage is returned."""
    partial = PartialImages()
    generated = stream(generator, partial)
    assert [index for index, _ in partial.received] == [0, 1]
    assert all(image.startswith(b"\x89PNG") for _, image in partial.received)
    assert [generated.data] == fake_openai.images
    (request,) = fake_openai.requests_to("images")
    assert (request.body["stream"], request.body["partial_images"]) == (True, 2)
    assert generated.usage
    assert generated.usage.image_out == draw(generator).usage.image_out + 200
    assert fake_openai.paid == 2


def test_partial_image_is_reported_immediately(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A partial image is reported while the model is still generating."""
    released, partial = threading.Event(), PartialImages()
    fake_openai.script("images", Fault.last_event_at(released))
    thread = threading.Thread(target=stream, args=(generator, partial))
    thread.start()
    try:
        assert partial.first.wait(TIMEOUT_SECONDS)
        assert thread.is_alive()
    finally:
        released.set()
        thread.join(TIMEOUT_SECONDS)
    assert fake_openai.paid == 1


def test_no_stream_is_requested_without_partial_images(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Without partial images, or with a dall-e model, the request has no `stream`."""
    stream(generator, PartialImages(), partials=0)
    assert "stream" not in fake_openai.requests_to("images")[0].body
    with (
        FakeOpenAI(legacy_models=True, api_key="sk-test-own") as old,
        generator_at(old.base_url, model="dall-e-3") as legacy,
    ):
        assert stream(legacy, PartialImages()).data == old.images[0]
        assert "stream" not in old.requests[0].body


@pytest.mark.parametrize("name", ENDS)
def test_failed_stream_has_its_own_error_and_charge(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """An error event, or a stream without an image, is not requested again."""
    fault, kind, charged = ENDS[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images") as caught:
        stream(generator, PartialImages())
    if kind is ProviderBadResponse:
        assert caught.error.evidence == b'{"b64_json": "%%"'


@pytest.mark.parametrize("name", ["500", "429", "blocked input", "401", "400", "dropped"])
def test_errors_before_a_stream_are_the_same(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """An error status gives the same error with and without a stream."""
    fault, kind, charged, _ = FAILURES[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images"):
        stream(generator, PartialImages())


@pytest.mark.parametrize("fault", [Fault.stream_as_json(), Fault.stream_final_first()], ids=str)
def test_unexpected_forms_of_a_stream_are_read(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """JSON in response to a streamed request is read; events after the final image are not."""
    fake_openai.script("images", fault)
    partial = PartialImages()
    assert [stream(generator, partial).data] == fake_openai.images
    assert (partial.received, fake_openai.paid) == ([], 1)


@pytest.mark.parametrize("parameter", ["stream", "partial_images"])
def test_server_without_streaming_gets_a_second_request(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, parameter: str
) -> None:
    """After a 400 about streaming, which is free, the request is sent again without it."""
    fake_openai.script("images", Fault.stream_refused(parameter))
    assert [stream(generator, PartialImages()).data] == fake_openai.images
    first, second = fake_openai.requests_to("images")
    assert "stream" in first.body
    assert second.body == generator.describe(a_drawing("a red mug")).body
    timeouts = [float(one.headers["x-stainless-read-timeout"]) for one in (first, second)]
    assert timeouts[1] < timeouts[0]  # both requests share a deadline
    assert fake_openai.paid == 1


@pytest.mark.parametrize(
    "message",
    [
        "Unrecognized request argument supplied: partial_images",
        "Streaming is not supported for this model.",
    ],
)
def test_other_messages_about_streaming_are_recognized(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, message: str
) -> None:
    """A compatible server may not name the parameter, only mention streaming."""
    fake_openai.script("images", Fault.json_response({"error": {"message": message}}, status=400))
    assert [stream(generator, PartialImages()).data] == fake_openai.images
    assert fake_openai.paid == 1


def test_rejected_prompt_is_not_sent_again(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A rejected prompt is not sent again, even if its message mentions a stream."""
    error = {"message": "a mountain stream", "code": "moderation_blocked"}
    fake_openai.script("images", Fault.json_response({"error": error}, status=400))
    with pytest.raises(PromptRejected):
        stream(generator, PartialImages())
    assert len(fake_openai.requests_to("images")) == 1


def test_event_of_a_million_values_is_not_parsed() -> None:
    """It would take many times its size in memory, so it is kept as evidence unparsed."""
    event = b'data: {"type": "image_generation.partial_image", "b64_json": [' + b"1," * 10**5
    with pytest.raises(ProviderBadResponse) as caught:
        image_stream.read_completed_event([event + b"1]}\n\n"], None, max_bytes=10**8)
    assert caught.value.charged is Charged.YES
    assert caught.value.evidence.count(b",") > 10**5


def test_late_rejection_is_not_followed_by_a_second_request(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After half of the time limit, a second request might be charged without an image in time."""
    clock = use_clock(monkeypatch)
    late = Fault.stream_refused().calling(lambda: clock.advance(0.6 * TIMEOUT_SECONDS))
    fake_openai.script("images", late)
    with pytest.raises(ProviderMisconfigured):
        stream(generator, PartialImages())
    assert (fake_openai.paid, len(fake_openai.requests_to("images"))) == (0, 1)


def test_request_without_stream_is_never_repeated(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A 400 about streaming to a request without a stream is a misconfiguration."""
    fake_openai.script("images", Fault.stream_refused())
    with fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator)


def test_deadline_applies_to_streams(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream of any number of events ends at the deadline of the call."""
    clock = use_clock(monkeypatch)
    slow = Fault.drip(chunk=2000, pause=0.02).calling(lambda: clock.advance(TIMEOUT_SECONDS))
    fake_openai.script("images", slow)
    with pytest.raises(ProviderTimeout) as caught:
        stream(generator, PartialImages())
    assert (caught.value.charged, caught.value.detail) == (UNKNOWN, "deadline")


def test_oversized_event_is_truncated(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event beyond the size limit is not read to its end; its start is the evidence."""
    monkeypatch.setattr("app.services.openai.image_generator._MAX_RESPONSE_BYTES", 5000)
    with fails_as(ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images") as caught:
        stream(generator, PartialImages())
    assert len(caught.error.evidence) > 5000


def test_described_request_is_sent(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """The described request of a streamed call, as a dry run returns it, is the one sent."""
    stream(generator, PartialImages(), partials=3)
    reported = generator.describe(a_drawing("a red mug", partial_images=3))
    assert (reported.body["model"], reported.body) == (
        MODEL,
        fake_openai.requests_to("images")[0].body,
    )
