"""The text model over the official client."""

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import PromptRejected, ProviderBadResponse
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.runtime.lazy_client import LazyClient
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import fails_as
from tests.support.openai.faults import NO, OUTAGES

if TYPE_CHECKING:
    from openai import OpenAI


def chat(message: dict[str, Any], finish_reason: str = "stop") -> Behavior:
    """Answer a completion with this message."""
    choice = {"index": 0, "message": {"role": "assistant", **message}}
    return Fault.json_response({"choices": [{**choice, "finish_reason": finish_reason}]})


NOT_THE_FORM: dict[str, Behavior] = {
    "prose": Fault.prose(),
    "out of tokens": Fault.out_of_tokens(),
    "no choice": Fault.json_response({"choices": []}),
    "null choices": Fault.json_response({"choices": None}),
    "no content": chat({"content": None}),
    "an empty content": chat({"content": ""}),
    "another object": chat({"content": '{"ideas": ["x"]}'}),
    "more than asked": chat({"content": '{"prompts": ["x"], "prompt": "x", "more": 1}'}),
    "numbers": chat({"content": '{"prompts": [1, 2], "prompt": 3}'}),
    "a list": chat({"content": '["x"]'}),
    "half a character": chat({"content": '{"prompts": ["\ud800"], "prompt": "\ud800"}'}),
    "half a letter": chat({"content": '{"prompts": ["\\ud800"]}'}),
}


@pytest.fixture
def writer(lazy_openai: "LazyClient[OpenAI]") -> OpenAIPromptWriter:
    """Make a writer on the fake."""
    return OpenAIPromptWriter(lazy_openai, model="gpt-6-luna", rng=random.Random(0))


def test_inventing_asks_once_for_a_strict_form(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """One request asks for so many prompts on the theme, as JSON of a closed schema."""
    assert len(set(writer.invent(40, theme="the sea").prompts)) == 40
    (request,) = fake_openai.requests
    assert request.body["model"] == "gpt-6-luna"
    assert request.body["reasoning_effort"] == "low"
    form = request.body["response_format"]["json_schema"]
    assert form["strict"]
    assert form["schema"]["additionalProperties"] is False
    said = request.body["messages"][-1]["content"]
    assert "the sea" in said
    assert "40" in said
    assert "the sea" not in request.body["messages"][0]["content"]


def test_every_question_is_another_one(writer: OpenAIPromptWriter, fake_openai: FakeOpenAI) -> None:
    """Two calls don't ask the same, lest the model answer the same."""
    for _ in range(2):
        writer.invent(10, theme="")
    first, second = (request.body["messages"] for request in fake_openai.requests)
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert "Theme" not in first[1]["content"]


def test_a_model_that_does_not_reason_is_not_reported_how_much_to(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI
) -> None:
    """A parameter that the model would refuse is not sent."""
    OpenAIPromptWriter(lazy_openai, model="gpt-4o-mini", rng=random.Random(0)).enhance("a mug")
    assert "reasoning_effort" not in fake_openai.requests[0].body


def test_enhancing_gives_a_richer_prompt(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """The prompt comes back with more detail, for one request, and no image is paid for."""
    better = writer.enhance("a red mug").prompt
    assert better.startswith("a red mug, ")
    assert (len(fake_openai.requests), fake_openai.paid) == (1, 0)
    assert fake_openai.requests[0].body["messages"][-1]["content"] == "a red mug"


@pytest.mark.parametrize("name", OUTAGES)
def test_a_text_model_that_fails_is_reported_by_its_own_name(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """Each failure has its class, after one request, and the next call works."""
    fault, kind, charged = OUTAGES[name]
    fake_openai.script("chat", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="chat"):
        writer.invent(10, theme="")
    assert writer.invent(10, theme="")


@pytest.mark.parametrize("name", NOT_THE_FORM)
def test_an_answer_in_another_form_is_a_bad_response(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """What isn't the JSON that was asked for is not guessed at, whoever asked."""
    fake_openai.always("chat", NOT_THE_FORM[name])
    for call in (lambda: writer.invent(10, theme=""), lambda: writer.enhance("a mug")):
        with fails_as(ProviderBadResponse, charged=None, fake=fake_openai, endpoint="chat"):
            call()


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_an_empty_enhancement_is_a_bad_response(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, blank: str
) -> None:
    """A prompt is never enhanced into nothing."""
    fake_openai.script("chat", chat({"content": json.dumps({"prompt": blank})}))
    with fails_as(ProviderBadResponse, charged=None, fake=fake_openai, endpoint="chat"):
        writer.enhance("a red mug")


def test_fences_and_prose_around_the_answer_are_tolerated(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """The right JSON is found within a Markdown fence or between sentences."""
    fake_openai.script(
        "chat", Fault.fenced(), chat({"content": 'Sure!\n{"prompts": ["a fox"]}\nEnjoy.'})
    )
    assert len(writer.invent(10, theme="").prompts) == 10
    assert writer.invent(10, theme="").prompts == ["a fox"]


@pytest.mark.parametrize(
    "fault", [Fault.refusal(), chat({"content": ""}, "content_filter")], ids=["said", "filtered"]
)
def test_a_refusal_is_the_callers_error(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """A model that declines, politely or by its filter, makes the prompt a rejected one."""
    fake_openai.script("chat", fault)
    with fails_as(PromptRejected, charged=NO, fake=fake_openai, endpoint="chat"):
        writer.enhance("a red mug")


def test_too_few_or_equal_prompts_are_handed_on_as_they_are(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """Whether the prompts suffice is for those to say who know what is wanted."""
    fake_openai.script("chat", Fault.few(1), Fault.duplicates())
    assert len(writer.invent(10, theme="").prompts) == 1
    assert len(set(writer.invent(10, theme="").prompts)) == 1
