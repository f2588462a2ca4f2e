"""No generation costs more than was reserved, whatever models report and write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Charged, ProviderBadResponse
from app.models import EnhancedPrompt, State, TokenUsage, UpstreamRequest
from app.models.prompts import MAX_ENHANCEMENT_BYTES, MAX_PROMPT_CHARS, PROMPT_SUFFIX, join_prompt
from app.services.openai import prompt_writer
from app.services.openai.prompt_writer import check_enhanced, plausible_usage
from app.usecases.billing.pricing import Prices
from tests.attacks import Observe, attack
from tests.support.builders import World, a_request

MODEL, TEXT_MODEL = "gpt-image-2.6-flare", "gpt-6-luna"
TOKENS = st.one_of(st.integers(0, 5000), st.integers(0, 10**7))
USAGES = st.one_of(
    st.none(), st.builds(TokenUsage, text_in=TOKENS, image_out=TOKENS, text_out=TOKENS)
)
TEXTS = st.one_of(st.text(max_size=80), st.text(max_size=40).map(lambda text: text * 300))


def booked(world: World) -> int:
    """Return what the ledger counts for the server."""
    return world.ledger.spent("", f"{world.clock.now():%Y-%m-%d}").micros


@settings(max_examples=150, deadline=None)
@given(image_usage=USAGES, text_usage=USAGES, enhance=st.booleans())
def test_an_image_costs_at_most_what_was_reserved(
    image_usage: TokenUsage | None, text_usage: TokenUsage | None, enhance: bool
) -> None:
    """If an image is drawn, no more is booked; a text model beyond its limit ends the request."""
    world, request = World(), a_request(enhance=enhance)
    world.generator.usage, world.writer.usage = image_usage, text_usage
    text_maximum, maximum = world.estimates.max_cost(request)
    assert text_maximum is not None
    assert maximum is not None
    reported = world.estimates.prices.cost("fake-writer", text_usage) if enhance else 0
    if reported is not None and reported > text_maximum:
        with pytest.raises(ProviderBadResponse) as caught:
            world.generate(request)
        assert caught.value.charged is Charged.NO
        assert (world.generator.requests, booked(world)) == ([], reported)
        return
    world.generate(request)
    assert len(world.generator.requests) == 1
    assert booked(world) <= maximum


@settings(max_examples=200, deadline=None)
@given(
    usage=st.dictionaries(
        st.sampled_from(("prompt_tokens", "completion_tokens", "total_tokens")),
        st.one_of(TOKENS, st.integers(), st.floats(), st.none(), st.text(max_size=3)),
    ),
    prompt=TEXTS,
)
def test_reported_text_usage_is_within_the_estimate(usage: dict[str, object], prompt: str) -> None:
    """A usage above what the request allows is none, so that its maximum stays booked."""
    parameters = prompt_writer._parameters(
        TEXT_MODEL, prompt_writer._ENHANCE, prompt, prompt_writer._SinglePrompt
    )
    sent = prompt_writer._as_sent(parameters, prompt_writer._SinglePrompt)
    found = plausible_usage({"usage": usage}, sent)
    prices = Prices()
    cost = prices.cost(TEXT_MODEL, found)
    maximum = prices.max_enhance_cost(UpstreamRequest(method="POST", path="/", body=sent))
    assert maximum is not None
    assert cost is None or cost <= maximum


@settings(max_examples=200, deadline=None)
@given(prompt=TEXTS, written=TEXTS)
def test_enhanced_prompt_is_within_the_estimate(prompt: str, written: str) -> None:
    """An enhanced prompt that is accepted costs the image model no more than was reserved."""

    def request(subject: str) -> UpstreamRequest:
        body = {"model": MODEL, "prompt": join_prompt(subject, PROMPT_SUFFIX), "size": "1024x1024"}
        return UpstreamRequest(method="POST", path="/", body={**body, "quality": "low"})

    try:
        enhanced = check_enhanced(written, prompt)
    except ProviderBadResponse:
        return
    prices = Prices()
    cost = prices.max_image_cost(request(enhanced))
    reserved = prices.max_image_cost(request(prompt), more_text=MAX_ENHANCEMENT_BYTES)
    assert len(enhanced) <= MAX_PROMPT_CHARS
    assert cost is not None
    assert reserved is not None
    assert cost <= reserved


@attack("A text model that reports millions of tokens", expect="no image drawn, 1 record failed")
def test_budget_survives_a_text_model_without_a_limit(world: World, observe: Observe) -> None:
    """What it reports is booked, and no image is paid on top."""
    world.writer.usage = TokenUsage(text_in=1000, text_out=10**6)
    with pytest.raises(ProviderBadResponse):
        world.generate(a_request(enhance=True))
    drawn = len(world.generator.requests) or "no"
    failed = [record.state for record in world.records.by_id.values()].count(State.FAILED)
    observe(f"{drawn} image drawn, {failed} record failed")


def test_enhanced_prompt_beyond_the_bound_is_not_drawn(world: World) -> None:
    """The record says what the text model was paid, and no image was."""

    def enhance(prompt: str) -> EnhancedPrompt:
        return EnhancedPrompt(prompt=check_enhanced(prompt * 1000, prompt), usage=None)

    world.writer.enhance = enhance  # type: ignore[method-assign]  # reason: another text
    with pytest.raises(ProviderBadResponse):
        world.generate(a_request(enhance=True))
    assert world.generator.requests == []
    assert world.record.state is State.FAILED
    assert booked(world) == world.record.text_micros > 0
