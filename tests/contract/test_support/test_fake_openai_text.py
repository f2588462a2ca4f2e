"""The official client against the fake of OpenAI: moderation, text, and the list of models."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI, Fault
from tests.support.openai.official_client import IMAGE_MODEL, PROMPTS, ask_text


def test_moderation_flags_the_forbidden_word(openai_client: OpenAI) -> None:
    """Moderation flags each input with the forbidden word, in every form of input."""
    create: Any = openai_client.moderations.create
    answers = create(input=["a red mug", "a Forbidden mug"]).results
    parts = create(input=[{"type": "text", "text": "forbidden"}]).results
    assert [answer.flagged for answer in (*answers, *parts)] == [False, True, True]
    assert answers[1].categories.violence


@pytest.mark.parametrize(
    ("said", "extra", "count"),
    [
        ("Some ideas", {}, 40),
        ("Give me 7 ideas", {}, 7),
        ("Some ideas", {"minItems": 1_000}, 1_000),
    ],
)
def test_the_text_model_gives_as_many_distinct_prompts_as_asked(
    openai_client: OpenAI, said: str, extra: dict[str, int], count: int
) -> None:
    """The number comes from the schema, else from the message, else it is 40."""
    properties = {"prompts": {**PROMPTS["prompts"], **extra}}
    prompts = json.loads(ask_text(openai_client, said, properties).message.content)["prompts"]
    assert (len(prompts), len(set(prompts))) == (count, count)


def test_the_text_model_enriches_a_prompt(openai_client: OpenAI) -> None:
    """A schema with one prompt is answered by the user's text with more detail."""
    choice = ask_text(openai_client, "a red mug", {"prompt": {"type": "string"}})
    assert json.loads(choice.message.content)["prompt"].startswith("a red mug, ")


def test_a_strict_schema_must_be_closed(openai_client: OpenAI) -> None:
    """A strict schema that allows other properties is refused as the real API refuses it."""
    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        ask_text(openai_client, "x", PROMPTS, schema={"properties": PROMPTS})


def test_models_are_listed_and_shown(openai_client: OpenAI) -> None:
    """The image model can be looked up; a retired one is not found."""
    assert IMAGE_MODEL in {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve(IMAGE_MODEL).id == IMAGE_MODEL
    with pytest.raises(openai.NotFoundError) as missing:
        openai_client.models.retrieve("dall-e-2")
    assert missing.value.code == "model_not_found"


def test_text_can_come_in_wrong_forms(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Refusals, prose, fences, too few, repeated and unfinished prompts arrive as content."""
    fake_openai.script(
        "chat",
        *(Fault.refusal(), Fault.prose(), Fault.fenced(), Fault.few(2)),
        *(Fault.duplicates(), Fault.out_of_tokens()),
    )
    refused = ask_text(openai_client, "5 ideas", PROMPTS).message
    assert (refused.content, SECRET_MARKER in refused.refusal) == (None, True)
    assert ask_text(openai_client, "5 ideas", PROMPTS).message.content.startswith("Sure!")
    assert ask_text(openai_client, "5 ideas", PROMPTS).message.content.startswith(
        '```json\n{"prompts"'
    )
    assert (
        len(json.loads(ask_text(openai_client, "5 ideas", PROMPTS).message.content)["prompts"]) == 2
    )
    repeated = json.loads(ask_text(openai_client, "5 ideas", PROMPTS).message.content)["prompts"]
    assert (len(repeated), len(set(repeated))) == (5, 1)
    assert ask_text(openai_client, "5 ideas", PROMPTS).finish_reason == "length"
    assert (
        len(json.loads(ask_text(openai_client, "5 ideas", PROMPTS).message.content)["prompts"]) == 5
    )
