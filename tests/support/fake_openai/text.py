"""Moderations, chat completions with structured output, and the list of models."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from tests.support.fake_openai import errors
from tests.support.fake_openai.reply import ApiError, Json, Reply

if TYPE_CHECKING:
    from tests.support.fake_openai.handler import Call

TEXT_MODELS = ("gpt-6-luna", "gpt-5.6-luna", "gpt-4o-mini")
MODERATION_MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
FLAGGED_WORD = "forbidden"

_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit"),
    *("illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual"),
    *("sexual/minors", "violence", "violence/graphic"),
)

_SUBJECTS = (
    *("a red fox", "a lighthouse", "a paper boat", "an old typewriter", "a sleeping dragon"),
    *("a teapot", "a hot-air balloon", "a robot gardener", "a snow owl", "a pocket watch"),
    *("a cactus", "a sailing ship", "a violin"),
)
_DETAILS = (
    *("wearing a knitted scarf", "built from folded paper", "covered in moss"),
    *("seen from above", "glowing softly from within", "carrying a tiny lantern"),
    *("as a glazed ceramic figure", "surrounded by floating leaves"),
)
_STYLES = (
    *("in watercolor", "as a linocut", "in flat colors", "as a clay model"),
    *("in fine ink lines", "as a plush toy", "in pastel chalk"),
)


def moderate(call: "Call") -> Reply:
    """Flag each input that contains FLAGGED_WORD."""
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
    """Return output of the requested schema: a list of prompts, or an enhanced prompt."""
    body = call.json_body()
    if body.get("model") not in call.fake.text_models:
        raise ApiError(errors.no_such_model(body.get("model")))
    output_format = body.get("response_format") or {}
    content = "Of course. Which image shall we make?"
    if output_format.get("type") == "json_schema":
        schema = _checked_schema(output_format["json_schema"])
        content = json.dumps(_structured(schema, _texts(body)))
    elif field := re.search(r'JSON.*?"(prompts?)"', str(body.get("messages"))):
        # asked for in words only
        content = json.dumps(_structured({"properties": {field[1]: {}}}, _texts(body)))
    message: Json = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    tokens_in, tokens_out = len(str(body.get("messages"))) // 4, len(content) // 4
    return Reply.of(
        {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [choice],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
            },
        }
    )


def _texts(body: Json) -> list[str]:
    """Return the texts of all messages, the user's last one first."""
    texts: dict[bool, list[str]] = {True: [], False: []}
    for message in reversed(body.get("messages") or []):
        content = message.get("content") or ""
        if isinstance(content, list):
            content = " ".join(str(part.get("text", "")) for part in content)
        texts[message.get("role") == "user"].append(content)
    return texts[True] + texts[False]


def _checked_schema(requested: Json) -> Json:
    """Return the schema. A strict one must be closed and require every property."""
    schema: Json = requested.get("schema") or {}
    closed = schema.get("additionalProperties") is False
    complete = set(schema.get("required") or ()) == set(schema.get("properties") or ())
    if requested.get("strict") and not (closed and complete):
        message = (
            f"Invalid schema for response_format '{requested.get('name')}': In context=(), "
            "'additionalProperties' is required to be supplied and to be false, and 'required' "
            "to include every key in properties."
        )
        raise ApiError(errors.error(400, message, param="response_format"))
    return schema


def _structured(schema: Json, texts: list[str]) -> Json:
    properties = schema.get("properties") or {}
    if "prompts" in properties:
        number = _count(properties["prompts"], texts)
        return {"prompts": list(islice(_ideas(), number))}
    text = texts[0].strip() if texts else "an image"
    return {"prompt": f"{text}, in soft morning light, with fine detail and clear shapes"}


def _count(schema: Json, texts: list[str]) -> int:
    """Return the number of prompts: from the schema, else the last number in the texts, else 40."""
    if "minItems" in schema:
        return int(schema["minItems"])
    numbers = (re.findall(r"\b\d{1,3}\b", text) for text in texts)
    number = next((int(found[-1]) for found in numbers if found), 40)
    return min(number, int(schema.get("maxItems", number)))


def models(call: "Call") -> Reply:
    """Return the list of models, or one of them."""
    known = (*call.fake.image_models, *call.fake.text_models, *MODERATION_MODELS)
    entries = [
        {
            "id": model,
            "object": "model",
            "created": 1_750_000_000,
            "owned_by": "system",
            "shutdown_date": call.fake.shutdown_dates.get(model),
        }
        for model in known
    ]
    name = call.path.partition("/models")[2].strip("/")
    if not name:
        return Reply.of({"object": "list", "data": entries if call.fake.listed else entries[:1]})
    if name not in known:
        raise ApiError(errors.no_such_model(name))
    return Reply.of(entries[known.index(name)])


def _ideas() -> Iterator[str]:
    """Yield ideas that never repeat.

    The lengths of the lists have no common factor; after all combinations, ideas are numbered.
    """
    combinations = len(_SUBJECTS) * len(_DETAILS) * len(_STYLES)
    for number in count():
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        detail = _DETAILS[number % len(_DETAILS)]
        style = _STYLES[number % len(_STYLES)]
        suffix = "" if number < combinations else f", variation {number // combinations}"
        yield f"{subject[0].upper()}{subject[1:]} {detail}, {style}{suffix}"
