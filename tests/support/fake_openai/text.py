"""Moderations, chat completions with structured output, and the list of models."""

import json
import re
import time
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.support.fake_openai import errors
from tests.support.fake_openai.prompt_ideas import ideas
from tests.support.fake_openai.reply import ApiError, Json, Reply

if TYPE_CHECKING:
    from tests.support.fake_openai.call import Call

TEXT_MODELS = ("gpt-6-luna", "gpt-5.6-luna", "gpt-4o-mini")
MODERATION_MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
FLAGGED_WORD = "forbidden"

_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit"),
    *("illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual"),
    *("sexual/minors", "violence", "violence/graphic"),
)


def moderate(call: "Call") -> Reply:
    """Flag every input that holds the forbidden word."""
    body = call.json_body()
    model = body.get("model") or MODERATION_MODELS[0]
    if model not in MODERATION_MODELS:
        raise ApiError(errors.no_such_model(model))
    texts = _inputs(body.get("input"))
    verdicts = [_verdict(FLAGGED_WORD in text.lower()) for text in texts]
    return Reply.of({"id": f"modr-{uuid.uuid4().hex}", "model": model, "results": verdicts})


def _inputs(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and given and all(isinstance(item, str) for item in given):
        return given
    if isinstance(given, list) and given:
        return [" ".join(str(part.get("text", "")) for part in given)]
    message = "Missing required parameter: 'input'."
    raise ApiError(errors.error(400, message, "missing_required_parameter", param="input"))


def _verdict(flagged: bool) -> Json:
    hit = {"violence"} if flagged else set()
    return {
        "flagged": flagged,
        "categories": {name: name in hit for name in _CATEGORIES},
        "category_scores": {name: 0.97 if name in hit else 0.0003 for name in _CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }


def chat(call: "Call") -> Reply:
    """Answer what the asked schema wants: a list of prompts, or one prompt made richer."""
    body = call.json_body()
    if body.get("model") not in call.fake.text_models:
        raise ApiError(errors.no_such_model(body.get("model")))
    wanted = body.get("response_format") or {}
    content = "Of course. What shall we draw?"
    if wanted.get("type") == "json_schema":
        content = json.dumps(_structured(_checked_schema(wanted["json_schema"]), _said(body)))
    message: Json = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    asked, answered = len(str(body.get("messages"))) // 4, len(content) // 4
    return Reply.of(
        {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [choice],
            "usage": {
                "prompt_tokens": asked,
                "completion_tokens": answered,
                "total_tokens": asked + answered,
            },
        }
    )


def _said(body: Json) -> list[str]:
    """Return the texts of all messages, the user's last words first."""
    texts: dict[bool, list[str]] = {True: [], False: []}
    for message in reversed(body.get("messages") or []):
        content = message.get("content") or ""
        if isinstance(content, list):
            content = " ".join(str(part.get("text", "")) for part in content)
        texts[message.get("role") == "user"].append(content)
    return texts[True] + texts[False]


def _checked_schema(asked: Json) -> Json:
    """Return the schema; a strict one must be closed and require every property."""
    schema: Json = asked.get("schema") or {}
    closed = schema.get("additionalProperties") is False
    complete = set(schema.get("required") or ()) == set(schema.get("properties") or ())
    if asked.get("strict") and not (closed and complete):
        message = (
            f"Invalid schema for response_format '{asked.get('name')}': In context=(), "
            "'additionalProperties' is required to be supplied and to be false, and 'required' "
            "to include every key in properties."
        )
        raise ApiError(errors.error(400, message, param="response_format"))
    return schema


def _structured(schema: Json, said: list[str]) -> Json:
    properties = schema.get("properties") or {}
    if "prompts" in properties:
        count = _count(properties["prompts"], said)
        return {"prompts": list(islice(ideas(), count))}
    text = said[0].strip() if said else "an image"
    return {"prompt": f"{text}, in soft morning light, with fine detail and clear shapes"}


def _count(schema: Json, said: list[str]) -> int:
    """Read how many are wanted: from the schema, else the last number said, else 40."""
    if "minItems" in schema:
        return int(schema["minItems"])
    numbers = (re.findall(r"\b\d{1,3}\b", text) for text in said)
    count = next((int(found[-1]) for found in numbers if found), 40)
    return min(count, int(schema.get("maxItems", count)))


def models(call: "Call") -> Reply:
    """List the models, or show one of them."""
    known = (*call.fake.image_models, *call.fake.text_models, *MODERATION_MODELS)
    shown = [
        {
            "id": name,
            "object": "model",
            "created": 1_750_000_000,
            "owned_by": "system",
            "shutdown_date": call.fake.shutdown_dates.get(name),
        }
        for name in known
    ]
    wanted = call.path.removeprefix("/v1/models").strip("/")
    if not wanted:
        return Reply.of({"object": "list", "data": shown if call.fake.listed else shown[:1]})
    if wanted not in known:
        raise ApiError(errors.no_such_model(wanted))
    return Reply.of(shown[known.index(wanted)])
