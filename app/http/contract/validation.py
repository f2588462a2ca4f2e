"""Reads a request into a Pydantic model, or says exactly what is wrong with it."""

from typing import TypeVar, get_origin
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import InvalidJson, InvalidRequest, RequestTooLarge, UnsupportedMediaType
from app.http.concurrency import MAX_BODY_BYTES
from app.http.json_provider import strictly_loads

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {"extra_forbidden": "Unknown.", "missing": "Required."}


def read_body(form: type[Model]) -> Model:
    """Validate the JSON body.

    Raises:
        UnsupportedMediaType: it isn't declared as JSON.
        RequestTooLarge: it is larger than the app allows.
        InvalidJson: it isn't JSON that every parser reads alike.
        InvalidRequest: it isn't an object, or a field is wrong.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        body = strictly_loads(_body_bytes())
    except ValueError:
        raise InvalidJson from None
    if not isinstance(body, dict):
        raise InvalidRequest(message="The body has to be a JSON object.")
    return _validate(form, body)


def read_query(form: type[Model]) -> Model:
    """Validate the query of this request; see `parse_query`."""
    return parse_query(form, request.query_string.decode(errors="replace"))


def parse_query(form: type[Model], query: str) -> Model:
    """Validate a query string; empty values count as not given.

    Only a field that is a tuple may be given more than once.

    Raises:
        InvalidRequest: a parameter is wrong, unknown or given twice.
    """
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    values: dict[str, object] = {}
    for name, texts in given.items():
        if _is_repeatable(form, name):
            values[name] = tuple(filter(None, texts))
        elif len(texts) > 1:
            raise invalid([{"field": name[:100], "message": "Given more than once."}])
        elif texts[0]:
            values[name] = texts[0]
    return _validate(form, values)


def _is_repeatable(form: type[BaseModel], name: str) -> bool:
    field = form.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is tuple


def _body_bytes() -> bytes:
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestTooLarge from None
    if len(body) > MAX_BODY_BYTES:
        raise RequestTooLarge
    return body


def _validate(form: type[Model], values: dict[str, object]) -> Model:
    try:
        return form.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise invalid(
            [
                {
                    "field": ".".join(str(part) for part in problem["loc"])[:100],
                    "message": _MESSAGES.get(problem["type"], _sentence(problem["msg"])),
                }
                for problem in problems[:20]
            ]
        ) from None


def _sentence(text: str) -> str:
    bare = text.removeprefix("Value error, ").rstrip(".")
    return f"{bare[:1].upper()}{bare[1:]}."


def invalid(problems: list[dict[str, str]]) -> InvalidRequest:
    """Make the error that names each field at fault, as `{"field": ..., "message": ...}`."""
    listed = " ".join(f"{problem['field']}: {problem['message']}" for problem in problems)
    return InvalidRequest(message=f"The request is not valid. {listed}", errors=problems)
