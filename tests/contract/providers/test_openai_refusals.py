"""Refusals in the forms of many servers, and requests without the refused parameters."""

import logging
from typing import Any

import pytest

from app.errors import (
    Charged,
    PromptRejected,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    TransparencyRefused,
)
from app.services.openai.errors.refusals import read_refusal
from app.services.openai.image_generator import OpenAIGenerator
from app.services.runtime.failures import FailureKind
from tests.support.builders import a_drawing
from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI, Fault
from tests.support.openai.checks import draw, fails_as
from tests.support.openai.faults import NO
from tests.support.openai.refusals import MISCONFIGURED, PARAMETERS, POLICY, QUOTA, response
from tests.support.tables import each_row

_PROMPT = "an nsfw size, flagged"


def sent(fake: FakeOpenAI) -> list[dict[str, Any]]:
    """Return the bodies of the requests for images."""
    return [request.body for request in fake.requests_to("images")]


@pytest.mark.parametrize("name", POLICY)
def test_policy_rejects_the_prompt(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """A content policy is the caller's error, after one request, and free."""
    fake_openai.script("images", POLICY[name])
    with fails_as(PromptRejected, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator)


@pytest.mark.parametrize("name", QUOTA)
def test_missing_credit_is_the_operators_quota(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """An account without credit is `provider_quota`, after one request, and free."""
    fake_openai.script("images", QUOTA[name])
    with fails_as(ProviderQuota, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator)


@pytest.mark.parametrize("name", MISCONFIGURED)
def test_other_refusals_are_a_misconfiguration(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """Web pages and repeated prompts are not searched for words of a policy, or of parameters."""
    fake_openai.script("images", MISCONFIGURED[name])
    with fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator, prompt=_PROMPT)


@pytest.mark.parametrize("name", PARAMETERS)
def test_refused_parameter_is_left_out(
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """The request is sent again without it, for nothing; later ones never have it."""
    refusal, refused = PARAMETERS[name]
    fake_openai.script("images", refusal)
    with caplog.at_level(logging.WARNING):
        assert [draw(generator).data] == fake_openai.images
    draw(generator)
    first, second, third = sent(fake_openai)
    assert first.keys() - second.keys() == refused
    assert second == third == generator.describe(a_drawing("a red mug")).body
    assert fake_openai.paid == 2
    assert all(parameter in caplog.text for parameter in refused)
    assert SECRET_MARKER not in caplog.text


def test_parameters_are_left_out_one_after_the_other(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A server that names one parameter at a time is asked until it accepts the request."""
    names = ("size", "quality", "background", "output_format", "n")
    fake_openai.script(
        "images", *(response(400, {"error": f"Argument not supported: '{name}'"}) for name in names)
    )
    assert draw(generator).data
    assert sent(fake_openai)[-1].keys() == {"model", "prompt"}
    assert (fake_openai.paid, len(sent(fake_openai))) == (1, 6)


def test_unexplained_refusal_ends_the_search(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """If the request is refused without the parameter, too, nothing is remembered."""
    fake_openai.script(
        "images", response(400, {"error": "size is not supported"}), Fault.status(400)
    )
    with pytest.raises(ProviderMisconfigured) as caught:
        draw(generator)
    assert caught.value.charged is Charged.NO
    draw(generator)
    assert [("size" in body) for body in sent(fake_openai)] == [True, False, True]


def test_failure_of_the_second_request_is_not_repeated(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A request that may have been charged is the last one."""
    fake_openai.script("images", Fault.stream_refused("size"), Fault.status(500, paid=True))
    with pytest.raises(ProviderError) as caught:
        draw(generator)
    assert (caught.value.charged, fake_openai.paid) == (Charged.UNKNOWN, 1)
    assert len(sent(fake_openai)) == 2


def test_refused_value_is_left_out_alone(lazy_openai: Any, fake_openai: FakeOpenAI) -> None:
    """A value that a server does not have says nothing about other values."""
    generator = OpenAIGenerator(lazy_openai, model="flux", timeout_seconds=60)
    refused = {"detail": [{"type": "literal_error", "loc": ["body", "size"], "msg": "Should be"}]}
    fake_openai.script("images", response(422, refused), *[Fault.model("flux")] * 3)
    for size in ("1536x1024", "1536x1024", "1024x1024"):
        draw(generator, size=size)
    assert [body.get("size") for body in sent(fake_openai)] == [
        *("1536x1024", None, None, "1024x1024")
    ]


def test_value_that_the_caller_chose_is_not_left_out(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A GPT image model that refuses a quality draws no other one instead."""
    invalid = {"error": {"param": "quality", "code": "invalid_value", "message": "x"}}
    fake_openai.script("images", response(400, invalid))
    with fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"):
        draw(generator, quality="xhigh")


@pytest.mark.parametrize(
    "refusal",
    [
        response(422, {"detail": [{"loc": ["body", "background"], "msg": "x"}]}),
        response(501, {"error": "transparent images are not implemented"}),
        response(400, {"errors": {"background": ["Unknown field."]}}),
    ],
    ids=["pydantic", "501", "a map"],
)
def test_refused_transparency_is_reported(
    lazy_openai: Any, fake_openai: FakeOpenAI, refusal: Any
) -> None:
    """The prompt asks for the background, too, so the caller has to change it."""
    generator = OpenAIGenerator(
        lazy_openai, model="gpt-image-2.6-flare", timeout_seconds=60, transparent=True
    )
    fake_openai.script("images", refusal)
    with pytest.raises(TransparencyRefused) as caught:
        generator.draw(a_drawing("a mug", transparent=True))
    assert caught.value.charged is Charged.NO
    assert not generator.transparent
    assert "background" not in generator.describe(a_drawing("a mug")).body
    with pytest.raises(TransparencyRefused):  # a request that was prepared before the refusal
        generator.draw(a_drawing("a mug", transparent=True))
    assert fake_openai.paid == 0
    assert len(fake_openai.requests_to("images")) == 1


def test_parameter_refused_in_a_stream_is_left_out(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """An error as the first event of a stream is a refusal like any other."""
    fake_openai.script(
        "images",
        Fault.stream_begins_with({"error": {"param": "quality", "code": "unknown_parameter"}}),
    )
    request = a_drawing("a red mug", partial_images=1)
    assert [generator.draw(request).data] == fake_openai.images
    first, second = sent(fake_openai)
    assert first.keys() - second.keys() == {"quality"}
    assert fake_openai.paid == 1


@pytest.mark.parametrize(
    ("document", "charged"),
    [
        ({"error": {"code": "moderation_blocked"}}, Charged.NO),
        ({"error": {"code": "moderation_blocked"}, "usage": {"output_tokens": 5}}, Charged.YES),
    ],
    ids=["free", "with used tokens"],
)
def test_used_tokens_are_charged(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, document: object, charged: Charged
) -> None:
    """A refusal is free, unless the response says that tokens were used."""
    fake_openai.script("images", Fault.json_response(document))
    with fails_as(PromptRejected, charged=charged, fake=fake_openai, endpoint="images"):
        draw(generator)


@each_row(
    "status, body, kind",
    [
        (400, '{"error": {"code": 500}}', FailureKind.SERVER_ERROR),
        (400, '{"error": {"code": "429"}}', FailureKind.RATE_LIMITED),
        (403, '{"error": {"code": "rate_limit_exceeded"}}', FailureKind.RATE_LIMITED),
        (200, '{"error": {"code": 429}}', FailureKind.RATE_LIMITED),
        (200, '{"error": {"code": 502}}', FailureKind.SERVER_ERROR),
        (200, '{"error": "something"}', FailureKind.SERVER_ERROR),
        (500, '{"error": {"code": 400}}', FailureKind.SERVER_ERROR),
        (302, "", FailureKind.REJECTED),
        (404, '{"error": "it was flagged"}', FailureKind.NOT_FOUND),
        (503, '{"error": "content policy"}', FailureKind.SERVER_ERROR),
    ],
)
def test_numbers_and_statuses(status: int, body: str, kind: FailureKind) -> None:
    """A number in an error counts where the status says only that something failed."""
    assert read_refusal(status, body).kind is kind


def test_large_error_is_read_in_part() -> None:
    """Neither many values nor a long text take long to read."""
    many = '{"detail": [' + ",".join(['{"msg": "x"}'] * 100_000) + "]}"
    assert read_refusal(400, many).kind is FailureKind.REJECTED
    assert read_refusal(400, "size " * 100_000).kind is FailureKind.REJECTED
