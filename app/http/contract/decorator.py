"""Contracts: declarations of the views' requests, responses and access.

The same declaration validates requests and generates `/openapi.json`, so the two can't differ.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, Field

from app.errors import (
    AddressTooLong,
    AppError,
    Forbidden,
    HeadersTooLarge,
    InvalidJson,
    InvalidRequest,
    RateLimited,
    RequestTimeout,
    RequestTooLarge,
    ServiceBusy,
    StorageUnavailable,
    Unauthorized,
    UnsupportedMediaType,
)
from app.http.auth import authorize, count_images
from app.http.contract.validation import read_body, read_query
from app.http.cors import require_allowed_origin
from app.http.idempotency import read_idempotency_key
from app.http.rate_limits import LimitName
from app.http.uploads.form import MultipartBody, reading_form
from app.models import Scope

ViewFunction = Callable[..., Any]


class NoQuery(BaseModel, extra="forbid"):
    """Schema of a query without parameters."""


class IgnoredQuery(NoQuery):
    """Schema of a query below /v1: a parameter that some clients send for Azure has no effect."""

    api_version: str = Field("", alias="api-version")


# The server raises the first three while it parses the request, before routing.
_COMMON_ERRORS = (RequestTimeout, AddressTooLong, HeadersTooLarge, InvalidRequest)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Declares a view's request, responses, access and errors.

    Attributes:
        tag: the OpenAPI tag.
        scope: the scope that the caller needs; None if the endpoint is public.
        shows_images: whether the endpoint is public only while images are.
        limit: the rate limit that requests count against; None if they are not limited.
        images: returns the number of images that a body asks for; the request counts against
            the limit once for each.
        body: schema of the JSON body; None if there is none.
        form: schema of a form with files, or of a file alone, whose query is part of the form; None
            if there is none. Excludes `body`.
        query: schema of the query.
        response: schema of the JSON response; None if there is none.
        status: status of a successful response.
        repeated_status: status if an earlier request had the same result; None if it is the same.
        content_types: content types of a response other than JSON.
        redirects: descriptions of redirects, by status.
        idempotent: whether the view accepts an Idempotency-Key, as those that spend money do.
        examples: example responses by name.
        is_openai: whether the endpoint is one of OpenAI's API, whose errors have another shape.
        streams: whether the view responds with server-sent events to clients that prefer them.
        stream_example: an example of such a response.
        errors: errors beyond those that follow from the other attributes.
    """

    tag: str
    scope: Scope | None
    shows_images: bool = False
    limit: LimitName | None = None
    images: Callable[[Any], int] = lambda _: 1
    body: type[BaseModel] | None = None
    form: type[MultipartBody] | None = None
    query: type[BaseModel] = NoQuery
    response: type[BaseModel] | None = None
    status: int = 200
    repeated_status: int | None = None
    content_types: tuple[str, ...] = ("application/json",)
    redirects: Mapping[int, str] = field(default_factory=dict)
    idempotent: bool = False
    examples: Mapping[str, object] = field(default_factory=dict)
    is_openai: bool = False
    streams: bool = False
    stream_example: str = ""
    errors: tuple[type[AppError], ...] = ()

    def needs_key(self, *, public_images: bool) -> bool:
        """Return whether callers need an API key, on a server that requires keys."""
        return self.scope is not None or (self.shows_images and not public_images)

    @property
    def all_errors(self) -> tuple[type[AppError], ...]:
        """The declared, implied and common errors."""
        implied: tuple[type[AppError], ...] = _COMMON_ERRORS
        if self.scope:
            implied += (Forbidden, Unauthorized)
        if self.scope or self.limit:  # invalid API keys are limited everywhere
            implied += (RateLimited,)
        if self.body:
            implied += (InvalidJson, RequestTooLarge, UnsupportedMediaType)
        if self.form:
            implied += (RequestTooLarge, UnsupportedMediaType, ServiceBusy, StorageUnavailable)
            implied += (InvalidJson,) if self.form.json_form else ()
        return (*implied, *self.errors)


def contract(declared: Contract) -> Callable[[ViewFunction], ViewFunction]:
    """Authorize and validate the request, and send the view's result as JSON.

    The view gets `body`, `query` and `idempotency_key` as keyword arguments if the contract
    declares them; a form is its `body`. It returns a Pydantic model, a dictionary or a Response.
    """

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def wrapper(**arguments: Any) -> Response:
            authorize(declared.scope, declared.limit)
            with ExitStack() as files:
                if declared.form:
                    require_allowed_origin()
                    if not declared.form.may_be_file:
                        read_query(declared.query)
                    arguments["body"] = files.enter_context(reading_form(declared.form))
                    if declared.idempotent:
                        arguments["idempotency_key"] = read_idempotency_key()
                    count_images(declared.limit, declared.images(arguments["body"]))
                else:
                    arguments |= _read_arguments(declared)
                return _to_response(view(**arguments), declared.status)

        wrapper.contract = declared  # type: ignore[attr-defined]  # reason: read by openapi.py
        return wrapper

    return decorate


def _read_arguments(declared: Contract) -> dict[str, Any]:
    """Return the validated query, Idempotency-Key and body that the contract declares."""
    arguments: dict[str, Any] = {}
    query = read_query(declared.query)
    if not issubclass(declared.query, NoQuery):
        arguments["query"] = query
    if declared.idempotent:
        arguments["idempotency_key"] = read_idempotency_key()
    if declared.body:
        arguments["body"] = read_body(declared.body)
        count_images(declared.limit, declared.images(arguments["body"]))
    return arguments


def _to_response(result: object, status: int) -> Response:
    if isinstance(result, Response):
        return result
    response = jsonify(result.model_dump() if isinstance(result, BaseModel) else result)
    response.status_code = status
    return response
