"""Declares what a view takes and answers, and holds it to that.

The declaration checks the requests and is what `/openapi.json` is generated from, so the two can't
differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

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
    Unauthorized,
    UnsupportedMediaType,
)
from app.http.auth import authorize
from app.http.contract.validation import read_body, read_query
from app.http.idempotency import read_key
from app.http.rate_limits import Limit
from app.models import Scope

View = Callable[..., Any]


class NoQuery(BaseModel, extra="forbid"):
    """No query parameters at all."""


# The first three come from the server itself, before it knows what is asked for.
_OF_ANY_REQUEST = (RequestTimeout, AddressTooLong, HeadersTooLarge, InvalidRequest)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a view takes, answers and fails with.

    `scope` is what a caller has to be allowed to do; None lets everyone in.
    `limit` is what requests count against; None for what may be asked at will. A view that
    may spend money is `idempotent`: it takes an Idempotency-Key. One that `streams` answers with
    server-sent events instead, if the caller prefers those.
    """

    tag: str
    scope: Scope | None
    limit: Limit | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] = NoQuery
    answer: type[BaseModel] | None = None
    status: int = 200
    content_types: tuple[str, ...] = ("application/json",)
    idempotent: bool = False
    examples: Mapping[str, object] = field(default_factory=dict)
    streams: bool = False
    stream_example: str = ""
    errors: tuple[type[AppError], ...] = ()

    @property
    def all_errors(self) -> tuple[type[AppError], ...]:
        """The declared errors, those that follow from the rest of it, and those of any request."""
        implied: tuple[type[AppError], ...] = _OF_ANY_REQUEST
        if self.scope:
            implied += (Forbidden, Unauthorized)
        if self.scope or self.limit:  # who tries keys is counted, whatever the key was for
            implied += (RateLimited,)
        if self.body:
            implied += (InvalidJson, RequestTooLarge, UnsupportedMediaType)
        return (*implied, *self.errors)


def contract(declared: Contract) -> Callable[[View], View]:
    """Give the view its validated `body` and `query`; send the model it returns as JSON.

    A view may also return a Response of its own.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**arguments: Any) -> Response:
            authorize(declared.scope, declared.limit)
            query = read_query(declared.query)
            if declared.query is not NoQuery:
                arguments["query"] = query
            if declared.idempotent:
                arguments["idempotency_key"] = read_key()
            if declared.body:
                arguments["body"] = read_body(declared.body)
            return _respond(view(**arguments), declared.status)

        checked.contract = declared  # type: ignore[attr-defined]  # reason: read by openapi.py
        return checked

    return decorate


def _respond(result: object, status: int) -> Response:
    if isinstance(result, Response):
        return result
    response = jsonify(result.model_dump() if isinstance(result, BaseModel) else result)
    response.status_code = status
    return response
