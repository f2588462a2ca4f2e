"""The image generator on OpenAI: requests, responses and charges."""

from base64 import b64encode

import pytest

from app.errors import ProviderBadResponse, ProviderRateLimited
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import MODEL, draw, fails_as, generator_at
from tests.support.openai.faults import FAILURES, NO, RETRY_AFTER, WITHOUT_IMAGE, YES


def test_one_request_returns_one_image(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """The bytes are those of the model, after one request with one charge."""
    generated = draw(generator)
    assert [generated.data] == fake_openai.images
    assert generated.model == MODEL
    assert (fake_openai.paid, len(fake_openai.requests)) == (1, 1)


def test_request_to_a_gpt_image_model(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """The request is for one opaque PNG, without `response_format`, which is not supported."""
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


def test_request_to_a_dall_e_model() -> None:
    """A dall-e model gets only parameters that it supports, such as `response_format`."""
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
def test_each_failure_has_its_own_error_and_charge(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """Status and code decide the error and its charge, after one request."""
    fault, kind, charged, paid = FAILURES[name]
    fake_openai.script("images", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="images"):
        draw(generator)
    assert fake_openai.paid == paid
    assert draw(generator).data


@pytest.mark.parametrize("name", WITHOUT_IMAGE)
def test_response_without_image_is_kept_as_evidence(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """A 200 without an image may have been charged, so the error has all of its bytes."""
    fault, start, charged = WITHOUT_IMAGE[name]
    fake_openai.script("images", fault)
    with fails_as(
        ProviderBadResponse, charged=charged, fake=fake_openai, endpoint="images"
    ) as caught:
        draw(generator)
    assert caught.error.evidence.startswith(start)
    assert fake_openai.paid == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.not_an_image(), Fault.svg(), Fault.truncated_image(), Fault.wrong_size()],
    ids=lambda fault: fault.name,
)
def test_unusable_images_are_returned(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """The generator does not check the image, because it was paid for; its caller does."""
    fake_openai.script("images", fault)
    assert draw(generator).data == fake_openai.images[0]


def test_oversized_response_is_truncated(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response beyond the size limit is not read to its end; its start is the evidence."""
    monkeypatch.setattr("app.services.openai.image_generator._MAX_RESPONSE_BYTES", 5000)
    with fails_as(ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images") as caught:
        draw(generator)
    assert len(caught.error.evidence) > 5000


def test_response_of_a_million_values_is_not_parsed(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """It would take many times its size in memory, so its beginning is kept as evidence."""
    fake_openai.script("images", Fault.many_parts())
    with fails_as(ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images") as caught:
        draw(generator)
    assert 1000 < caught.error.evidence.count(b",") < 10**6
    assert b64encode(fake_openai.images[0]) in caught.error.evidence


@pytest.mark.parametrize("name", RETRY_AFTER)
def test_retry_after_is_passed_on(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """A valid Retry-After of the provider is passed on up to a limit, otherwise a default."""
    fault, seconds = RETRY_AFTER[name]
    fake_openai.script("images", fault)
    with fails_as(ProviderRateLimited, charged=NO, fake=fake_openai, endpoint="images") as caught:
        draw(generator)
    assert caught.error.retry_after == seconds
