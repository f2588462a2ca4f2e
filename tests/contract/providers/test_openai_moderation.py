"""Moderation over the official client: no verdict, no image."""

from typing import TYPE_CHECKING

import pytest

from app.errors import PromptRejected, ProviderBadResponse
from app.services.openai.moderator import NoModerator, OpenAIModerator
from app.services.runtime.lazy_client import LazyClient
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import fails_as
from tests.support.openai.faults import NO, OUTAGES

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.fixture
def moderator(lazy_openai: "LazyClient[OpenAI]") -> OpenAIModerator:
    """Make a moderator on the fake."""
    return OpenAIModerator(lazy_openai, model="omni-moderation-latest")


def test_moderation_asks_once_about_exactly_the_prompt(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI
) -> None:
    """A decent prompt passes after one request, which costs nothing."""
    moderator.check("a red mug")
    (request,) = fake_openai.requests
    assert request.body == {"model": "omni-moderation-latest", "input": "a red mug"}
    assert fake_openai.paid == 0


def test_what_moderation_flags_is_refused(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI
) -> None:
    """A flagged prompt is the caller's error, and the refusal doesn't repeat it."""
    with fails_as(PromptRejected, charged=NO, fake=fake_openai, endpoint="moderations") as reported:
        moderator.check("something forbidden")
    assert "forbidden" not in f"{reported.error.message} {reported.error.detail}"


@pytest.mark.parametrize("name", OUTAGES)
def test_a_moderation_that_fails_lets_nothing_pass(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """Without a verdict no prompt passes; each failure has its own name, and costs nothing."""
    fault, kind, _ = OUTAGES[name]
    fake_openai.script("moderations", fault)
    with fails_as(kind, charged=NO, fake=fake_openai, endpoint="moderations"):
        moderator.check("a red mug")
    moderator.check("a red mug")


@pytest.mark.parametrize("results", [[], None, [{}], [None], "text"], ids=str)
def test_a_verdict_without_a_verdict_is_none(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI, results: object
) -> None:
    """An answer that flags nothing because it says nothing lets no prompt pass."""
    fake_openai.script("moderations", Fault.json_response({"results": results}))
    with fails_as(ProviderBadResponse, charged=NO, fake=fake_openai, endpoint="moderations"):
        moderator.check("a red mug")


def test_without_a_moderation_everything_passes() -> None:
    """For servers that have no moderation, nobody is asked."""
    NoModerator().check("something forbidden")
