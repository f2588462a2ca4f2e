"""Validation of bodies and queries by Pydantic, with errors per field."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar, get_origin
from urllib.parse import parse_qsl

from flask import request
from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import InvalidJson, InvalidRequest, UnsupportedMediaType
from app.http.body_limits import body_too_large, max_body_bytes
from app.http.json_provider import loads_strict

Model = TypeVar("Model", bound=BaseModel)

_WORD = re.compile(r"\w+")
_ANNOTATIONS = ("default", "description", "examples", "title")  # of JSON schemas
_COMPRESSIONS = {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"}
_MESSAGES = {
    "extra_forbidden": "Unknown field.",
    "missing": "Required.",
    "tuple_type": "Must be a list.",
}


class JsonBody(BaseModel):
    """Base of the schemas of bodies: null counts as not given."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: object) -> object:
        if not isinstance(body, dict):
            return body
        fields = cls.model_fields
        return {
            name: value for name, value in body.items() if value is not None or name not in fields
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        document = handler(schema)
        properties, required = document["properties"], document.get("required", ())
        for name in properties.keys() - required:
            properties[name] = _nullable(properties[name])
        return document


class LinkQuery(BaseModel):
    """Base of the schemas of queries in shared links, to which others add parameters.

    Mail programs and social networks add their own, such as `fbclid` or `utm_source`. Alone, such
    parameters are ignored. Next to parameters of the schema they are unknown, as usual.

    Attributes:
        similar_names: names that are likely mistaken for parameters, and are not ignored.
    """

    similar_names: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def ignores(cls, names: Iterable[str]) -> bool:
        """Return whether none of the names is a parameter or looks like one."""
        known = cls.model_fields.keys() | cls.similar_names
        return known.isdisjoint(_word_of(name) for name in names)


def read_body(model: type[Model]) -> Model:
    """Validate the JSON body.

    Raises:
        UnsupportedMediaType: the content type isn't JSON.
        RequestTooLarge: the body is larger than `max_body_bytes`.
        InvalidJson: the body isn't JSON, or different parsers may read it differently.
        InvalidRequest: the body isn't an object, or a field is invalid.
    """
    body = read_json()
    if not isinstance(body, dict):
        raise InvalidRequest(message="The body must be a JSON object.")
    return validate(model, body)


def read_json() -> Any:
    """Return the value of the JSON body.

    Raises:
        UnsupportedMediaType, RequestTooLarge, InvalidJson: see `read_body`.
    """
    check_encoding()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return loads_strict(_body_bytes())
    except ValueError:
        raise InvalidJson from None


def check_encoding() -> None:
    """Return if the body is not compressed.

    Raises:
        UnsupportedMediaType: it is, so that its limit would not be that of what it contains.
    """
    codings = request.headers.get("Content-Encoding", "").lower().split(",")
    if not _COMPRESSIONS.isdisjoint(coding.strip() for coding in codings):
        raise UnsupportedMediaType(message="Send the body uncompressed, without Content-Encoding.")


def read_query(model: type[Model]) -> Model:
    """Validate the request's query; see `parse_query`."""
    return parse_query(model, request.query_string.decode(errors="replace"))


def parse_query(model: type[Model], query: str) -> Model:
    """Validate a query string; empty values count as absent.

    Only parameters whose field is a tuple may be repeated. See LinkQuery for parameters that are
    ignored.

    Raises:
        InvalidRequest: a parameter is invalid, unknown or repeated.
    """
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    if issubclass(model, LinkQuery) and model.ignores(
        name for name, texts in parameters.items() if any(texts)
    ):
        return model()
    values: dict[str, object] = {}
    for name, texts in parameters.items():
        if is_repeatable(model, name):
            values[name] = tuple(filter(None, texts))
        elif len(texts) > 1:
            raise InvalidRequest.of_fields(
                [{"field": name[:100], "message": "Must not be repeated."}]
            )
        elif texts[0]:
            values[name] = texts[0]
    return validate(model, values)


def _word_of(name: str) -> str:
    """Return the word that a name such as `W`, ` w` or `w[]` begins with."""
    found = _WORD.match(name.strip().lower())
    return found[0] if found else ""


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a field that may also be null."""
    null = {"type": "null"}
    if null in schema.get("anyOf", ()):
        return schema
    about = {name: schema[name] for name in _ANNOTATIONS if name in schema}
    value = {name: part for name, part in schema.items() if name not in about}
    return {"anyOf": [value, null], **about}


def is_repeatable(model: type[BaseModel], name: str) -> bool:
    """Return whether a parameter or part of a form may be repeated: its field is a tuple."""
    fields = {field.alias or own: field for own, field in model.model_fields.items()}
    return name in fields and get_origin(fields[name].annotation) is tuple


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
    text = text.removeprefix("Value error, ").replace("Tuple", "The list").rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
