"""Text models whose output, or whose refusal, has another form than OpenAI's."""

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import AppError, PromptRejected, ProviderQuota
from app.services.openai.prompt_writer import OpenAIPromptWriter
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import chat, fails_as
from tests.support.openai.faults import NO
from tests.support.openai.refusals import response

_JSON = '{"prompts": ["a fox"], "prompt": "a fox"}'
_ONE, _MANY = '{"prompt": "a fox"}', '{"prompts": ["a fox"]}'
WRAPPED: dict[str, Callable[[str], Any]] = {
    "text parts": lambda text: [{"type": "text", "text": text}],
    "output parts": lambda text: [{"type": "output_text", "text": {"value": text}}],
    "split parts": lambda text: [text[:5], {"text": text[5:]}],
    "thoughts in a part": lambda text: [
        {"type": "thinking", "thinking": _JSON},
        {"type": "text", "text": text},
    ],
    "thoughts": lambda text: f"<think>{_JSON}</think>{text}",
    "thoughts without a beginning": lambda text: f"Hm, {_JSON}?\n</think>\n\n{text}",
    "thoughts under another name": lambda text: f"<reasoning>{{</reasoning>\n{text}",
    "two thoughts": lambda text: f"<think>{_JSON}</think> So <THINK>{_JSON}</THINK> {text}",
    "a fence": lambda text: f"```json\n{text}\n```\nEnjoy {{these}}!",
    "a fence without a language": lambda text: f"```\n{text}\n```",
    "braces before": lambda text: f'The form {{"..."}} is [used]: {text}',
    "a byte order mark": lambda text: f"\ufeff{text}",
    "an object of another kind before": lambda text: f'{{"note": 1}}\n{text}',
}


@pytest.mark.parametrize("name", WRAPPED)
def test_output_is_found_in_any_wrapping(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """Parts, thoughts, fences and sentences around the output are ignored, in one request."""
    wrap = WRAPPED[name]
    fake_openai.script("chat", chat({"content": wrap(_MANY)}), chat({"content": wrap(_ONE)}))
    assert writer.invent(10, theme="").prompts == ["a fox"]
    assert writer.enhance("a mug").prompt == "a fox"
    assert len(fake_openai.requests) == 2


@pytest.mark.parametrize(
    "message",
    [
        {"content": "", "reasoning_content": _MANY},
        {"content": None, "reasoning": f"I think: {_MANY}"},
        {"content": '["a fox"]'},
        {"content": f"<think>Hm.</think>{_MANY}", "reasoning_content": "Hm."},
    ],
    ids=["as thoughts", "as reasoning", "a bare list", "both"],
)
def test_output_in_other_fields_is_found(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, message: dict[str, Any]
) -> None:
    """A server may take the output for the model's thoughts, and a model may omit the object."""
    fake_openai.script("chat", chat(message))
    assert writer.invent(10, theme="").prompts == ["a fox"]


REFUSED_FORMATS: dict[str, Behavior] = {
    "DeepSeek": Fault.without_schema(),
    "serde": response(400, {"error": {"message": "response_format.type `json_schema` is invalid"}}),
    "OpenAI": response(400, {"error": {"param": "response_format.type", "code": "invalid_value"}}),
    "pydantic": response(422, {"detail": [{"loc": ["body", "response_format"], "msg": "x"}]}),
    "vLLM": response(400, {"message": "Extra inputs are not permitted: 'response_format'"}),
    "501": response(501, {"error": "structured output is not supported"}),
    "xAI": response(400, {"code": "400", "error": "Argument not supported: responseFormat"}),
}


@pytest.mark.parametrize("name", REFUSED_FORMATS)
def test_server_without_structured_output_is_asked_in_words(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, name: str
) -> None:
    """It gets a second request, which costs no more; later ones begin in words."""
    fake_openai.script("chat", REFUSED_FORMATS[name])
    assert len(writer.invent(7, theme="").prompts) == 7
    assert writer.enhance("a red mug").prompt.startswith("a red mug, ")
    bodies = [request.body for request in fake_openai.requests]
    assert ["response_format" in body for body in bodies] == [True, False, False]
    assert "JSON" not in bodies[0]["messages"][0]["content"]
    assert bodies[2] == writer.describe("a red mug").body


def test_refused_reasoning_effort_is_left_out(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI
) -> None:
    """A model without reasoning gets the same request without it."""
    refusal = {"error": "Argument not supported on this model: reasoningEffort"}
    fake_openai.script("chat", response(400, refusal))
    assert writer.invent(3, theme="").prompts
    first, second = (request.body.keys() for request in fake_openai.requests)
    assert first - second == {"reasoning_effort"}


@pytest.mark.parametrize(
    ("behavior", "kind"),
    [
        (response(200, {"error": {"code": 402, "message": "x"}}), ProviderQuota),
        (response(200, {"error": {"code": "content_filter"}}), PromptRejected),
        (
            response(400, {"error": {"innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
            PromptRejected,
        ),
        (chat({"content": None}, "safety"), PromptRejected),
        (chat({"content": ""}, "PROHIBITED_CONTENT"), PromptRejected),
        (response(402, ""), ProviderQuota),
    ],
    ids=["quota", "filter", "Azure", "safety", "Gemini", "402"],
)
def test_refusals_are_read_as_those_of_images(
    writer: OpenAIPromptWriter, fake_openai: FakeOpenAI, behavior: Behavior, kind: type[AppError]
) -> None:
    """The text model's refusals have the same forms, and the same errors."""
    fake_openai.script("chat", behavior)
    with fails_as(kind, charged=NO, fake=fake_openai, endpoint="chat"):
        writer.enhance("a red mug")
