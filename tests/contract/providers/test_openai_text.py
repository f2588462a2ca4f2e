"""The prompt writer on OpenAI."""

import json
import random
from typing import TYPE_CHECKING

import pytest

from app.errors import PromptRejected, ProviderBadResponse
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.runtime.lazy_client import LazyClient
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import chat, fails_as
from tests.support.openai.faults import NO, OUTAGES

if TYPE_CHECKING:
    from openai import OpenAI


OTHER_OUTPUT: dict[str, Behavior] = {
    "prose": Fault.prose(),
    "out of tokens": Fault.out_of_tokens(),
    "no choice": Fault.json_response({"choices": []}),
    "null choices": Fault.json_response({"choices": None}),
    "no content": chat({"content": None}),
    "an empty content": chat({"content": ""}),
    "another object": chat({"content": '{"ideas": ["x"]}'}),
    "more than requested": chat({"content": '{"prompts": ["x"], "prompt": "x", "more": 1}'}),
    "numbers": chat({"content": '{"prompts": [1, 2], "prompt": 3}'}),
    "a list of numbers": chat({"content": "[1, 2]"}),
    "unfinished thoughts": chat({"content": "<think>Perhaps a fox, or a bee"}),
    "brackets without end": chat({"content": "[" * 5000 + "{" * 5000}),
    "thoughts only, in parts": chat({"content": [{"type": "thinking", "thinking": "Hm."}]}),
    "parts of another kind": chat({"content": [7, None, {"type": "image_url"}]}),
    "half a character": chat({"content": '{"prompts": ["\ud800"], "prompt": "\ud800"}'}),
    "half a letter": chat({"content": '{"prompts": ["\\ud800"]}'}),
}


def test_invent_requests_structured_output(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """One request contains the number, the theme, and a strict JSON schema."""
    assert len(set(writer.invent(40, theme="the sea").prompts)) == 40
    (request,) = fake_openai.requests
    assert request.body["model"] == "gpt-6-luna"
    assert request.body["reasoning_effort"] == "low"
    output = request.body["response_format"]["json_schema"]
    assert output["strict"]
    assert output["schema"]["additionalProperties"] is False
    text = request.body["messages"][-1]["content"]
    assert "the sea" in text
    assert "40" in text
    assert "the sea" not in request.body["messages"][0]["content"]


def test_invent_varies_its_requests(writer: OpenAIPromptWriter, fake_openai: FakeOpenAI) -> None:
    """Two calls send different messages, so that the model returns different prompts."""
    for _ in range(2):
        writer.invent(10, theme="")
    first, second = (request.body["messages"] for request in fake_openai.requests)
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert "Theme" not in first[1]["content"]


def test_reasoning_effort_is_only_sent_to_reasoning_models(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI
) -> None:
    """Other models would reject the parameter."""
    OpenAIPromptWriter(lazy_openai, model="gpt-4o-mini", rng=random.Random(0)).enhance("a mug")
    assert "reasoning_effort" not in fake_openai.requests[0].body


def test_enhance_returns_a_richer_prompt(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """The prompt is returned with more detail after one request, without an image."""
    better = writer.enhance("a red mug").prompt
    assert better.startswith("a red mug, ")
    assert (len(fake_openai.requests), fake_openai.paid) == (1, 0)
    assert fake_openai.requests[0].body["messages"][-1]["content"] == "a red mug"


@pytest.mark.parametrize("name", OUTAGES)
def test_each_failure_has_its_own_error(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """Each failure raises its own error after one request, and the next call works."""
    fault, kind, charged = OUTAGES[name]
    fake_openai.script("chat", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="chat"):
        writer.invent(10, theme="")
    assert writer.invent(10, theme="")


@pytest.mark.parametrize("name", OTHER_OUTPUT)
def test_output_of_another_schema_is_a_bad_response(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """Output that does not match the schema is not used, neither by invent nor by enhance."""
    fake_openai.always("chat", OTHER_OUTPUT[name])
    for call in (lambda: writer.invent(10, theme=""), lambda: writer.enhance("a mug")):
        with fails_as(ProviderBadResponse, charged=None, fake=fake_openai, endpoint="chat"):
            call()


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_empty_enhancement_is_a_bad_response(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, blank: str
) -> None:
    """A prompt is never replaced by an empty one."""
    fake_openai.script("chat", chat({"content": json.dumps({"prompt": blank})}))
    with fails_as(ProviderBadResponse, charged=None, fake=fake_openai, endpoint="chat"):
        writer.enhance("a red mug")


def test_text_around_the_output_is_ignored(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """The JSON is found inside a Markdown fence or between sentences."""
    fake_openai.script(
        "chat", Fault.fenced(), chat({"content": 'Sure!\n{"prompts": ["a fox"]}\nEnjoy.'})
    )
    assert len(writer.invent(10, theme="").prompts) == 10
    assert writer.invent(10, theme="").prompts == ["a fox"]


@pytest.mark.parametrize(
    "fault", [Fault.refusal(), chat({"content": ""}, "content_filter")], ids=["refusal", "filter"]
)
def test_refusal_rejects_the_prompt(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """A refusal by the model or by its content filter is a rejected prompt."""
    fake_openai.script("chat", fault)
    with fails_as(PromptRejected, charged=NO, fake=fake_openai, endpoint="chat"):
        writer.enhance("a red mug")


def test_too_few_or_equal_prompts_are_returned(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """The writer does not check number and variety of the prompts; its caller does."""
    fake_openai.script("chat", Fault.few(1), Fault.duplicates())
    assert len(writer.invent(10, theme="").prompts) == 1
    assert len(set(writer.invent(10, theme="").prompts)) == 1


def test_output_is_limited(writer: OpenAIPromptWriter, fake_openai: FakeOpenAI) -> None:
    """Both calls limit the tokens of the output to what is reserved for them."""
    writer.enhance("a red mug")
    writer.invent(10, theme="")
    enhancing, inventing = fake_openai.requests_to("chat")
    assert (enhancing.body["max_completion_tokens"], "max_tokens" in enhancing.body) == (
        4096,
        False,
    )
    assert (inventing.body["max_completion_tokens"], "max_tokens" in inventing.body) == (
        8192,
        False,
    )


def test_server_without_the_limit_gets_the_older_one(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI
) -> None:
    """A server that refuses both is asked without a limit; what it knows is remembered."""
    writer = OpenAIPromptWriter(lazy_openai, model="gpt-6-luna", rng=random.Random(0))

    def refusing(name: str) -> Behavior:
        error = {"message": "Unknown field.", "param": name, "code": "unknown_parameter"}
        return Fault.json_response({"error": error}, 400)

    fake_openai.script("chat", refusing("max_completion_tokens"), refusing("max_tokens"))
    writer.enhance("a red mug")
    sent = [
        {name: body[name] for name in ("max_completion_tokens", "max_tokens") if name in body}
        for body in (request.body for request in fake_openai.requests_to("chat"))
    ]
    assert sent == [{"max_completion_tokens": 4096}, {"max_tokens": 4096}, {}]
    assert writer.describe("a mug").body.keys().isdisjoint({"max_tokens", "max_completion_tokens"})


@pytest.mark.parametrize(
    "prompt", ["x" * 4001, "x" * 3000, "a\x00b", "\u0e01" * 1000, "\x7f"], ids=ascii
)
def test_enhancement_beyond_the_bounds_is_refused(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, prompt: str
) -> None:
    """An enriched prompt has the rules of a caller's, and grows by 2048 bytes at most."""
    fake_openai.script("chat", chat({"content": json.dumps({"prompt": prompt})}))
    with pytest.raises(ProviderBadResponse):
        writer.enhance("a red mug")


def test_invented_prompts_have_the_rules_of_callers(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """Prompts that no caller could send are left out, and there are at most twice as many."""
    prompts = ["x" * 4001, "\x00", " ", *(f"prompt {number}" for number in range(100))]
    fake_openai.script("chat", chat({"content": json.dumps({"prompts": prompts})}))
    assert writer.invent(10, theme="").prompts == [f"prompt {number}" for number in range(17)]
