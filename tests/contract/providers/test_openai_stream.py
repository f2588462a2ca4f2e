"""Images that the image model shows while it draws: read as events, and paid for once."""

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
from tests.support.openai.checks import MODEL, draw, fails_as, generator_at
from tests.support.openai.faults import FAILURES

NO, YES, UNKNOWN = Charged.NO, Charged.YES, Charged.UNKNOWN
_FLAT = b'data: {"type": "error", "code": "server_error", "message": "UPSTREAM-SECRET-TEXT"}\n\n'
_BAD = b'event: image_generation.completed\ndata: {"b64_json": "%%"\n\n'

ENDS: dict[str, tuple[Behavior, type[AppError], Charged]] = {
    "refused while it was drawn": (Fault.stream_error(), PromptRejected, NO),
    "no money": (Fault.stream_error("credit_balance_exhausted"), ProviderQuota, NO),
    "failed": (Fault.stream_error("server_error"), ProviderError, UNKNOWN),
    "failed, told flat": (Fault.stream_ends_with(_FLAT), ProviderError, UNKNOWN),
    "no whole image": (Fault.stream_unfinished(), ProviderError, UNKNOWN),
    "nonsense": (Fault.stream_ends_with(b"data: [DONE]\n\ngarbage"), ProviderError, UNKNOWN),
    "broken last event": (Fault.stream_ends_with(_BAD), ProviderBadResponse, YES),
    "cut": (Fault.cut(1000), ProviderTimeout, UNKNOWN),
}


class Shown:
    """Remembers the partial images."""

    def __init__(self) -> None:
        self.partials: list[tuple[int, bytes]] = []
        self.first = threading.Event()

    def __call__(self, index: int, image: bytes) -> None:
        """Hear of one."""
        self.partials.append((index, image))
        self.first.set()


def watch(generator: OpenAIGenerator, shown: Shown, partials: int = 2) -> Any:
    """Draw with partial images."""
    request = a_drawing("a red mug", partial_images=partials)
    return generator.draw(request, on_partial=shown)


def test_partial_images_come_before_the_whole_one(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Each is heard of with its number, the image is as it was drawn, and the usage is told."""
    shown = Shown()
    drawing = watch(generator, shown)
    assert [index for index, _ in shown.partials] == [0, 1]
    assert all(image.startswith(b"\x89PNG") for _, image in shown.partials)
    assert [drawing.data] == fake_openai.images
    (request,) = fake_openai.requests_to("images")
    assert (request.body["stream"], request.body["partial_images"]) == (True, 2)
    assert drawing.usage
    assert drawing.usage.image_out == draw(generator).usage.image_out + 200
    assert fake_openai.paid == 2


def test_a_partial_image_is_reported_at_once(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """It is heard of while the model still draws."""
    released, shown = threading.Event(), Shown()
    fake_openai.script("images", Fault.last_event_at(released))
    drawing = threading.Thread(target=watch, args=(generator, shown))
    drawing.start()
    try:
        assert shown.first.wait(10)
        assert drawing.is_alive()
    finally:
        released.set()
        drawing.join(10)
    assert fake_openai.paid == 1


def test_without_partial_images_nothing_is_streamed(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """With none wanted, or with an old model, the request is the plain one."""
    watch(generator, Shown(), partials=0)
    assert "stream" not in fake_openai.requests_to("images")[0].body
    with (
        FakeOpenAI(legacy_models=True, api_key="sk-test-own") as old,
        generator_at(old.base_url, model="dall-e-3") as legacy,
    ):
        assert watch(legacy, Shown()).data == old.images[0]
        assert "stream" not in old.requests[0].body


@pytest.mark.parametrize("name", ENDS)
def test_a_stream_that_ends_badly_is_reported_by_its_name_and_price(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """An error inside of a stream, and a stream without an image, are asked for only once."""
    fault, kind, charged = ENDS[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images") as reported:
        watch(generator, Shown())
    if kind is ProviderBadResponse:
        assert reported.error.evidence == b'{"b64_json": "%%"'


@pytest.mark.parametrize("name", ["500", "429", "blocked input", "401", "400", "dropped"])
def test_errors_before_a_stream_are_the_plain_ones(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """A status tells the same whether a stream was asked for or not."""
    fault, kind, charged, _ = FAILURES[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images"):
        watch(generator, Shown())


@pytest.mark.parametrize("fault", [Fault.stream_as_json(), Fault.stream_final_first()], ids=str)
def test_other_orders_of_a_stream_bring_the_image_too(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """A plain answer to a streamed request is read; what comes after the whole image is not."""
    fake_openai.script("images", fault)
    shown = Shown()
    assert [watch(generator, shown).data] == fake_openai.images
    assert (shown.partials, fake_openai.paid) == ([], 1)


@pytest.mark.parametrize("parameter", ["stream", "partial_images"])
def test_a_server_that_can_not_stream_is_asked_plainly(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, parameter: str
) -> None:
    """A 400 about streaming was no image, so the same is asked once more without it."""
    fake_openai.script("images", Fault.stream_refused(parameter))
    assert [watch(generator, Shown()).data] == fake_openai.images
    first, second = fake_openai.requests_to("images")
    assert "stream" in first.body
    assert second.body == generator.describe(a_drawing("a red mug")).body
    given = [float(one.headers["x-stainless-read-timeout"]) for one in (first, second)]
    assert given[1] < given[0]  # of one deadline
    assert fake_openai.paid == 1


@pytest.mark.parametrize(
    "message",
    [
        "Unrecognized request argument supplied: partial_images",
        "Streaming is not supported for this model.",
    ],
)
def test_other_words_for_that_are_understood(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, message: str
) -> None:
    """A compatible server may name no parameter."""
    fake_openai.script("images", Fault.json_response({"error": {"message": message}}, status=400))
    assert [watch(generator, Shown()).data] == fake_openai.images
    assert fake_openai.paid == 1


def test_a_refused_prompt_is_not_asked_again(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Also if what is refused has such a word in it."""
    reported = {"message": "a mountain stream", "code": "moderation_blocked"}
    fake_openai.script("images", Fault.json_response({"error": reported}, status=400))
    with pytest.raises(PromptRejected):
        watch(generator, Shown())
    assert len(fake_openai.requests_to("images")) == 1


def test_an_event_of_a_million_parts_is_not_parsed() -> None:
    """Parsed, it would take many times its size in memory; it is kept as it is."""
    event = b'data: {"type": "image_generation.partial_image", "b64_json": [' + b"1," * 10**5
    with pytest.raises(ProviderBadResponse) as caught:
        image_stream.read_completed_event([event + b"1]}\n\n"], None, max_bytes=10**8)
    assert caught.value.charged is Charged.YES
    assert caught.value.evidence.count(b",") > 10**5


def test_what_is_refused_late_is_not_asked_again(fake_openai: FakeOpenAI) -> None:
    """A second request would be paid for, and have no time left for its image."""
    fake_openai.script("images", Fault.stream_refused().after(1.6))
    with (
        generator_at(fake_openai.base_url, timeout_seconds=3) as hasty,
        pytest.raises(ProviderMisconfigured),
    ):
        watch(hasty, Shown())
    assert (fake_openai.paid, len(fake_openai.requests_to("images"))) == (0, 1)


def test_a_plain_request_is_never_asked_twice(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """The same 400 to a request without a stream is the operator's matter."""
    fake_openai.script("images", Fault.stream_refused())
    with fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator)


def test_a_stream_has_to_end_in_time() -> None:
    """Events that keep coming don't keep a call alive beyond its deadline."""
    with (
        FakeOpenAI(api_key="sk-test-own") as fake,
        generator_at(fake.base_url, timeout_seconds=0.3) as hasty,
    ):
        fake.script("images", Fault.drip(chunk=2000, pause=0.02))
        with pytest.raises(ProviderTimeout) as caught:
            watch(hasty, Shown())
    assert (caught.value.charged, caught.value.detail) == (UNKNOWN, "deadline")


def test_an_endless_event_is_cut_off(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event larger than any image is not read to its end, and what came of it is kept."""
    monkeypatch.setattr("app.services.openai.image_generator._MAX_RESPONSE_BYTES", 5000)
    with fails_as(
        ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"
    ) as reported:
        watch(generator, Shown())
    assert len(reported.error.evidence) > 5000


def test_the_request_that_is_described_is_the_one_that_is_sent(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """What a dry run shows of a streamed call is what the model gets."""
    watch(generator, Shown(), partials=3)
    reported = generator.describe(a_drawing("a red mug", partial_images=3))
    assert (reported.body["model"], reported.body) == (
        MODEL,
        fake_openai.requests_to("images")[0].body,
    )
