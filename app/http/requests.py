"""Reads a request into a Pydantic model, or says exactly what is wrong with it."""

from typing import TypeVar

import orjson
from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import InvalidJson, InvalidRequest, RequestTooLarge, UnsupportedMediaType
from app.http.limits import MAX_BODY_BYTES

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {"extra_forbidden": "Unknown.", "missing": "Required."}


def read_body(form: type[Model]) -> Model:
    """Validate the JSON body.

    Raises:
        UnsupportedMediaType: it isn't declared as JSON.
        RequestTooLarge: it is larger than the app allows.
        InvalidJson: it can't be parsed.
        InvalidRequest: it isn't an object, or a field is wrong.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        body = orjson.loads(_body_bytes())
    except orjson.JSONDecodeError:
        raise InvalidJson from None
    if not isinstance(body, dict):
        raise InvalidRequest(message="The body has to be a JSON object.")
    return _validate(form, body)


def read_query(form: type[Model]) -> Model:
    """Validate the query string; empty values count as not given.

    Raises:
        InvalidRequest: a parameter is wrong, unknown or given twice.
    """
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if len(given) > 1:
            raise _invalid([{"field": name, "message": "Given more than once."}])
        if given[0]:
            values[name] = given[0]
    return _validate(form, values)


def _body_bytes() -> bytes:
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestTooLarge from None
    if len(body) > MAX_BODY_BYTES:
        raise RequestTooLarge
    return body


def _validate(form: type[Model], values: dict[str, object] | dict[str, str]) -> Model:
    try:
        return form.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise _invalid(
            [
                {
                    "field": ".".join(str(part) for part in problem["loc"])[:100],
                    "message": _MESSAGES.get(problem["type"], _sentence(problem["msg"])),
                }
                for problem in problems[:20]
            ]
        ) from None


def _sentence(text: str) -> str:
    return text.removeprefix("Value error, ").rstrip(".") + "."


def _invalid(problems: list[dict[str, str]]) -> InvalidRequest:
    listed = " ".join(f"{problem['field']}: {problem['message']}" for problem in problems)
    return InvalidRequest(message=f"The request is not valid. {listed}", errors=problems)
