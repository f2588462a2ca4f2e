"""The image model over the official client: what is sent, what comes back, what it cost."""

import pytest

from app.errors import ProviderBadResponse, ProviderRateLimited
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import MODEL, draw, fails_as, generator_at
from tests.support.openai.faults import FAILURES, NO, RETRY_AFTER, WITHOUT_IMAGE, YES


def test_one_request_buys_one_image_as_it_was_drawn(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """The bytes are exactly those that the model drew, for one request and one payment."""
    drawing = draw(generator)
    assert [drawing.data] == fake_openai.images
    assert drawing.model == MODEL
    assert (fake_openai.paid, len(fake_openai.requests)) == (1, 1)


def test_the_request_says_exactly_what_a_gpt_image_model_takes(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """One opaque PNG is asked for, and `response_format` is never sent to such a model."""
    draw(generator, prompt="a fox\n\non white", size="1536x1024", quality="high")
    (request,) = fake_openai.requests_to("images")
    assert request.body == {
        "model": MODEL,
        "prompt": "a fox\n\non white",
        "n": 1,
        "size": "1536x1024",
        "quality": "high",
        "background": "opaque",
        "output_format": "png",
    }


def test_an_old_model_is_asked_in_its_own_way() -> None:
    """A dall-e model gets what it knows, base64 among it, and its image arrives."""
    with (
        FakeOpenAI(legacy_models=True, api_key="sk-test-own") as fake,
        generator_at(fake.base_url, model="dall-e-3") as generator,
    ):
        assert draw(generator).data == fake.images[0]
        assert fake.requests[0].body == {
            "model": "dall-e-3",
            "prompt": "a red mug",
            "n": 1,
            "size": "1024x1024",
            "response_format": "b64_json",
        }


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_reported_by_its_own_name_and_price(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """What fails, and whether it cost money, is told by status and code, after one request."""
    fault, kind, charged, paid = FAILURES[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images"):
        draw(generator)
    assert fake_openai.paid == paid
    assert draw(generator).data


@pytest.mark.parametrize("name", WITHOUT_IMAGE)
def test_a_paid_answer_without_an_image_is_kept_as_evidence(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """A 200 that holds no image was paid for, so the error carries all of its bytes."""
    fault, start = WITHOUT_IMAGE[name]
    fake_openai.script("images", fault)
    with fails_as(
        ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"
    ) as reported:
        draw(generator)
    assert reported.error.evidence.startswith(start)
    assert fake_openai.paid == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.not_an_image(), Fault.svg(), Fault.truncated_image(), Fault.wrong_size()],
    ids=lambda fault: fault.name,
)
def test_whatever_was_drawn_is_handed_over(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """Judging the image is not the generator's task: what was paid for is returned."""
    fake_openai.script("images", fault)
    assert draw(generator).data == fake_openai.images[0]


def test_an_endless_answer_is_cut_off(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer larger than any image is not read to its end, and what came of it is kept."""
    monkeypatch.setattr("app.services.openai.image_generator._MAX_RESPONSE_BYTES", 5000)
    with fails_as(
        ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"
    ) as reported:
        draw(generator)
    assert len(reported.error.evidence) > 5000


def test_an_answer_of_a_million_parts_is_not_parsed(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Parsed, it would take many times its size in memory; it is kept as it is."""
    fake_openai.script("images", Fault.many_parts())
    with fails_as(
        ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"
    ) as reported:
        draw(generator)
    assert reported.error.evidence.count(b",") > 10**6


@pytest.mark.parametrize("name", RETRY_AFTER)
def test_the_time_to_wait_is_passed_on(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """The provider's Retry-After is taken over if it is a bearable number, else a default."""
    fault, seconds = RETRY_AFTER[name]
    fake_openai.script("images", fault)
    with fails_as(ProviderRateLimited, charged=NO, fake=fake_openai, endpoint="images") as reported:
        draw(generator)
    assert reported.error.retry_after == seconds
