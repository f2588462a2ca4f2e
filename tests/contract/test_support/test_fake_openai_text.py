"""The fake OpenAI server with the official client: moderation, text and models."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI, Fault
from tests.support.openai.official_client import IMAGE_MODEL, PROMPTS, request_text


def test_moderation_flags_the_forbidden_word(openai_client: OpenAI) -> None:
    """Each input with FLAGGED_WORD is flagged, in every form of input."""
    create: Any = openai_client.moderations.create
    verdicts = create(input=["a red mug", "a Forbidden mug"]).results
    parts = create(input=[{"type": "text", "text": "forbidden"}]).results
    assert [verdict.flagged for verdict in (*verdicts, *parts)] == [False, True, True]
    assert verdicts[1].categories.violence


@pytest.mark.parametrize(
    ("text", "extra", "count"),
    [
        ("Some ideas", {}, 40),
        ("Give me 7 ideas", {}, 7),
        ("Some ideas", {"minItems": 1_000}, 1_000),
    ],
)
def test_text_model_returns_the_requested_number_of_prompts(
    openai_client: OpenAI, text: str, extra: dict[str, int], count: int
) -> None:
    """The number of distinct prompts is from the schema, else from the message, else 40."""
    properties = {"prompts": {**PROMPTS["prompts"], **extra}}
    prompts = json.loads(request_text(openai_client, text, properties).message.content)["prompts"]
    assert (len(prompts), len(set(prompts))) == (count, count)


def test_text_model_enhances_a_prompt(openai_client: OpenAI) -> None:
    """A schema with one prompt gives the user's text with more detail."""
    choice = request_text(openai_client, "a red mug", {"prompt": {"type": "string"}})
    assert json.loads(choice.message.content)["prompt"].startswith("a red mug, ")


def test_strict_schema_must_be_closed(openai_client: OpenAI) -> None:
    """A strict schema that allows other properties is rejected, as by the real API."""
    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        request_text(openai_client, "x", PROMPTS, schema={"properties": PROMPTS})


def test_models_are_listed_and_returned(openai_client: OpenAI) -> None:
    """The image model is found; a retired one is not."""
    assert IMAGE_MODEL in {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve(IMAGE_MODEL).id == IMAGE_MODEL
    with pytest.raises(openai.NotFoundError) as missing:
        openai_client.models.retrieve("dall-e-2")
    assert missing.value.code == "model_not_found"


def test_output_can_be_faulty(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Output can be refused, plain text, fenced, incomplete, repeated or truncated."""
    fake_openai.script(
        "chat",
        *(Fault.refusal(), Fault.prose(), Fault.fenced(), Fault.few(2)),
        *(Fault.duplicates(), Fault.out_of_tokens()),
    )
    choices = [request_text(openai_client, "5 ideas", PROMPTS) for _ in range(7)]
    refused, prose, fenced, few, repeated, truncated, normal = choices
    assert (refused.message.content, SECRET_MARKER in refused.message.refusal) == (None, True)
    assert prose.message.content.startswith("Sure!")
    assert fenced.message.content.startswith('```json\n{"prompts"')
    assert len(_prompts(few)) == 2
    assert (len(_prompts(repeated)), len(set(_prompts(repeated)))) == (5, 1)
    assert truncated.finish_reason == "length"
    assert len(_prompts(normal)) == 5


def _prompts(choice: Any) -> list[str]:
    prompts: list[str] = json.loads(choice.message.content)["prompts"]
    return prompts
