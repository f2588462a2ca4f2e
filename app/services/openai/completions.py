"""Read chat completions of OpenAI and compatible servers.

The output can come in parts, after the model's thoughts, between sentences, or with the thoughts in
a field of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.errors import PromptRejected, ProviderBadResponse
from app.services.openai.errors import refusal_words as words
from app.services.openai.errors.error_document import parse_json
from app.services.openai.errors.refusals import RefusedInBody, has_error, read_error
from app.services.runtime.failures import FailureKind

_END_OF_THOUGHTS = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHTS = {"thinking", "reasoning", "thought", "redacted_thinking"}
_THOUGHT_FIELDS = ("reasoning_content", "reasoning")
_START_OF_JSON = re.compile(r"[{\[]")
_MAX_STARTS = 200  # places in an output where JSON is looked for
_MAX_OUTPUT = 200_000  # characters
_MAX_SCANNED = 1_000_000  # characters, of documents that turn out to be none

Output = TypeVar("Output", bound=BaseModel)


def read_document(text: str) -> dict[str, Any]:
    """Return the JSON object of a response, whatever its content type.

    Raises:
        RefusedInBody: it is an error.
        ProviderBadResponse: it is no JSON object.
    """
    document = parse_json(text.lstrip("\ufeff \t\r\n"))
    if not isinstance(document, dict):
        raise ProviderBadResponse("the response is no JSON object")
    if has_error(document) and not (document.get("choices") or document.get("results")):
        refusal = read_error(200, document)
        if refusal.kind is not FailureKind.SERVER_ERROR:
            raise RefusedInBody(refusal)
    return document


def read_output(completion: Mapping[str, Any], schema: type[Output]) -> Output:
    """Return the structured output of a completion.

    Raises:
        PromptRejected: the model, or its content filter, refuses the prompt.
        ProviderBadResponse: there is no output that matches the schema.
    """
    try:
        choice = completion["choices"][0]
        message = choice["message"]
        refusal, texts = message.get("refusal"), list(_texts(message))
    except (AttributeError, KeyError, IndexError, TypeError):
        raise ProviderBadResponse("the completion has no choices") from None
    if refusal or words.is_policy_code(words.plain(str(choice.get("finish_reason")))):
        raise PromptRejected("refused by the text model")
    for text in texts:
        for document in _documents(text):
            try:
                return schema.model_validate_json(_wrapped(document, schema))
            except ValidationError:
                continue
    length = sum(map(len, texts))
    raise ProviderBadResponse(f"output does not match the schema, {length} characters")


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the output, then what a server may have taken for the model's thoughts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    output = "".join(_text_of(part) for part in parts)
    final = _END_OF_THOUGHTS.split(output)[-1]
    yield final[-_MAX_OUTPUT:]
    for field in _THOUGHT_FIELDS:
        if not final.strip() and isinstance(message.get(field), str):
            yield message[field][-_MAX_OUTPUT:]


def _text_of(part: Any) -> str:
    """Return the text of a part of the content; "" for the model's thoughts."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type") in _THOUGHTS:
        return ""
    text = part.get("text")
    text = text.get("value") if isinstance(text, dict) else text
    return text if isinstance(text, str) else ""


def _documents(text: str) -> Iterator[str]:
    """Yield the JSON objects and lists in a text, the outermost ones only."""
    decoder, position, scanned = json.JSONDecoder(), 0, 0
    for _ in range(_MAX_STARTS):
        start = _START_OF_JSON.search(text, position)
        if start is None or scanned > _MAX_SCANNED:
            return
        try:
            _, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            position = start.end()
            scanned += getattr(error, "pos", position) - position
        else:
            yield text[start.start() : position]


def _wrapped(document: str, schema: type[BaseModel]) -> str:
    """Return the object for a list that lacks its only field's name."""
    field = next(iter(schema.model_fields))
    return f'{{"{field}": {document}}}' if document.startswith("[") else document
