"""The moderator on OpenAI: without a verdict, no prompt is accepted."""

import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from app.errors import (
    AppError,
    PromptRejected,
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderQuota,
)
from app.services.openai.moderator import NoModerator, OpenAIModerator
from app.services.runtime.lazy_client import LazyClient
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import fails_as
from tests.support.openai.faults import NO, OUTAGES
from tests.support.openai.refusals import MISCONFIGURED, POLICY, QUOTA, response

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.fixture
def moderator(lazy_openai: "LazyClient[OpenAI]") -> OpenAIModerator:
    """Return a moderator on the fake."""
    return OpenAIModerator(lazy_openai, model="omni-moderation-latest")


def test_moderation_sends_the_prompt_once(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI
) -> None:
    """An acceptable prompt passes after one request, which is free."""
    moderator.check("a red mug")
    (request,) = fake_openai.requests
    assert request.body == {"model": "omni-moderation-latest", "input": "a red mug"}
    assert fake_openai.paid == 0


def test_flagged_prompt_is_rejected(moderator: OpenAIModerator, fake_openai: FakeOpenAI) -> None:
    """A flagged prompt is the caller's error, whose text does not quote the prompt."""
    with fails_as(PromptRejected, charged=NO, fake=fake_openai, endpoint="moderations") as caught:
        moderator.check("something forbidden")
    assert "forbidden" not in f"{caught.error.message} {caught.error.detail}"


@pytest.mark.parametrize("name", OUTAGES)
def test_failed_moderation_accepts_no_prompt(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI, name: str
) -> None:
    """Each failure of the moderation has its own error, is free, and accepts no prompt."""
    fault, kind, _ = OUTAGES[name]
    fake_openai.script("moderations", fault)
    with fails_as(kind, charged=NO, fake=fake_openai, endpoint="moderations"):
        moderator.check("a red mug")
    moderator.check("a red mug")


@pytest.mark.parametrize("results", [[], None, [{}], [None], "text"], ids=str)
def test_response_without_verdict_accepts_no_prompt(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI, results: object
) -> None:
    """A response without a verdict is an invalid response, not an approval."""
    fake_openai.script("moderations", Fault.json_response({"results": results}))
    with fails_as(ProviderBadResponse, charged=NO, fake=fake_openai, endpoint="moderations"):
        moderator.check("a red mug")


@pytest.mark.parametrize(
    ("results", "allowed"),
    [
        ([{"flagged": False}], True),
        ([{"flagged": False}, {"flagged": True}], False),
        ([{"flagged": False}, {}], False),
    ],
)
def test_any_result_can_reject_the_prompt(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI, results: object, allowed: bool
) -> None:
    """All results count, after a byte order mark, too."""
    text = "\ufeff" + json.dumps({"results": results})
    fake_openai.script("moderations", response(200, text))
    with contextlib.nullcontext() if allowed else pytest.raises(AppError):
        moderator.check("a red mug")


@pytest.mark.parametrize(
    ("name", "refusals", "kind"),
    [
        ("Azure's innererror", POLICY, PromptRejected),
        ("402 inside 200", QUOTA, ProviderQuota),
        ("501", MISCONFIGURED, ProviderMisconfigured),
    ],
)
def test_refusals_are_read_as_those_of_images(
    moderator: OpenAIModerator,
    fake_openai: FakeOpenAI,
    name: str,
    refusals: Mapping[str, Behavior],
    kind: type[AppError],
) -> None:
    """The moderation's refusals have the same forms, and the same errors."""
    fake_openai.script("moderations", refusals[name])
    with fails_as(kind, charged=NO, fake=fake_openai, endpoint="moderations"):
        moderator.check("a red mug")


def test_no_moderator_accepts_every_prompt() -> None:
    """NoModerator accepts every prompt without a request."""
    NoModerator().check("something forbidden")


def test_an_image_is_sent_as_a_data_url(
    moderator: OpenAIModerator, fake_openai: FakeOpenAI
) -> None:
    """An acceptable image passes after one request; a flagged one is rejected in other words."""
    moderator.check_image(b"a jpeg", sha256="0" * 64)
    (request,) = fake_openai.requests
    url = {"url": "data:image/jpeg;base64,YSBqcGVn"}
    assert request.body["input"] == [{"type": "image_url", "image_url": url}]
    fake_openai.script("moderations", Fault.json_response({"results": [{"flagged": True}]}))
    with pytest.raises(PromptRejected, match="flagged") as raised:
        moderator.check_image(b"a jpeg", sha256="0" * 64)
    assert (raised.value.charged, "uploaded image" in raised.value.message) == (NO, True)
    fake_openai.script("moderations", Fault.json_response({"results": []}))
    with pytest.raises(ProviderBadResponse):
        moderator.check_image(b"a jpeg", sha256="0" * 64)
