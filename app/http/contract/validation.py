"""Validation of bodies and queries by Pydantic, with errors per field."""

from typing import TypeVar, get_origin
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import InvalidJson, InvalidRequest, UnsupportedMediaType
from app.http.body_limits import body_too_large, max_body_bytes
from app.http.json_provider import loads_strict

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {"extra_forbidden": "Unknown field.", "missing": "Required."}


def read_body(model: type[Model]) -> Model:
    """Validate the JSON body.

    Raises:
        UnsupportedMediaType: the content type isn't JSON.
        RequestTooLarge: the body is larger than `max_body_bytes`.
        InvalidJson: the body isn't JSON, or different parsers may read it differently.
        InvalidRequest: the body isn't an object, or a field is invalid.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        body = loads_strict(_body_bytes())
    except ValueError:
        raise InvalidJson from None
    if not isinstance(body, dict):
        raise InvalidRequest(message="The body must be a JSON object.")
    return validate(model, body)


def read_query(model: type[Model]) -> Model:
    """Validate the request's query; see `parse_query`."""
    return parse_query(model, request.query_string.decode(errors="replace"))


def parse_query(model: type[Model], query: str) -> Model:
    """Validate a query string; empty values count as absent.

    Only parameters whose field is a tuple may be repeated.

    Raises:
        InvalidRequest: a parameter is invalid, unknown or repeated.
    """
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    values: dict[str, object] = {}
    for name, texts in parameters.items():
        if _is_repeatable(model, name):
            values[name] = tuple(filter(None, texts))
        elif len(texts) > 1:
            raise InvalidRequest.of_fields(
                [{"field": name[:100], "message": "Must not be repeated."}]
            )
        elif texts[0]:
            values[name] = texts[0]
    return validate(model, values)


def _is_repeatable(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is tuple


def _body_bytes() -> bytes:
    limit = max_body_bytes(request.method, request.path)
    # One byte above the limit: Werkzeug truncates a body without a length instead of rejecting it.
    request.max_content_length = limit + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise body_too_large(limit) from None
    if len(body) > limit:
        raise body_too_large(limit)
    return body


def validate(model: type[Model], values: dict[str, object]) -> Model:
    """Validate values by a schema.

    Raises:
        InvalidRequest: a value is invalid, missing or unknown.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise InvalidRequest.of_fields(
            [
                {
                    "field": ".".join(str(part) for part in problem["loc"])[:100],
                    "message": _MESSAGES.get(problem["type"], _sentence(problem["msg"])),
                }
                for problem in problems[:20]
            ]
        ) from None


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
