"""Generates the OpenAPI 3.1 document from the contracts of the views."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from app.errors import AppError, Charged
from app.http import sse
from app.http.contract.decorator import Contract
from app.http.idempotency import DESCRIBED as IDEMPOTENCY_KEY
from app.models import object_keys

_REF = "#/components/schemas/{model}"
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_TAGS = {
    "generation": "Draw images.",
    "images": "See, list and delete images, in any size and format.",
    "prompts": "Ideas of what to draw.",
    "usage": "What was spent.",
    "health": "How the service does.",
}
_ONE_OF_THEM: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
_OR_NONE: list[dict[str, list[str]]] = [{}]
_CONVERTED = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorResponse(BaseModel):
    """The one shape of every failure."""

    status: str = Field("error", json_schema_extra={"const": "error"})
    message: str = Field(description="For people.")
    code: str = Field(description="For programs.")
    request_id: str
    errors: list[FieldError] = Field([], description="The fields at fault, if any.")
    charged: Charged | None = Field(None, description="Whether an image was paid for.")


def document(app: Flask, *, version: str, auth_required: bool) -> dict[str, Any]:
    """Return the document for all views that declare a contract."""
    keys = _ONE_OF_THEM if auth_required else _ONE_OF_THEM + _OR_NONE
    operations = list(_operations(app))
    references, schemas = models_json_schema(
        _models([declared for _, _, declared in operations]), ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for rule, method, declared in operations:
        path = _CONVERTED.sub(r"{\1}", rule.rule)
        summary, _, description = (app.view_functions[rule.endpoint].__doc__ or "").partition("\n")
        paths[path][method.lower()] = {
            "operationId": f"{method.lower()}_{rule.endpoint.rpartition('.')[2]}",
            "tags": [declared.tag],
            "summary": summary.strip().rstrip("."),
            "description": " ".join(description.split()),
            "parameters": [
                *_path_parameters(path),
                *_query_parameters(declared),
                *([IDEMPOTENCY_KEY] if declared.idempotent else []),
            ],
            **_request_body(declared, references),
            **({"security": keys} if declared.scope else {}),
            "responses": _responses(declared, references),
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flask Image Generator API",
            "version": version,
            "description": "Draws images from prompts, cuts out their white background, "
            "stores and serves them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": dict(paths),
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SCHEMES},
    }


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Contract]]:
    for rule in app.url_map.iter_rules():
        declared = getattr(app.view_functions[rule.endpoint], "contract", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if declared is not None:
                yield rule, method, declared


def _models(contracts: list[Contract]) -> Any:
    answers = {declared.answer for declared in contracts if declared.answer} | {ErrorResponse}
    bodies = {declared.body for declared in contracts if declared.body}
    by_name = sorted(answers, key=lambda model: model.__name__)
    return [(model, "serialization") for model in by_name] + [
        (model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)
    ]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                "pattern": f"^{object_keys.IMAGE_NAME_PATTERN}$",
            },
        }
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(declared: Contract) -> list[dict[str, Any]]:
    schema = declared.query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "allowEmptyValue": True,  # it counts as not given
            "description": form.pop("description", ""),
            "schema": _without_null_default(form),
        }
        for name, form in schema.get("properties", {}).items()
    ]


def _without_null_default(form: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a query can't say: a parameter that isn't given has no value at all."""
    return {key: value for key, value in form.items() if (key, value) != ("default", None)}


def _request_body(declared: Contract, references: Any) -> dict[str, Any]:
    if declared.body is None:
        return {}
    content = {"application/json": {"schema": references[(declared.body, "validation")]}}
    return {"requestBody": {"required": True, "content": content}}


def _responses(declared: Contract, references: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if declared.answer:
        schema = references[(declared.answer, "serialization")]
        success["content"] = {"application/json": {"schema": schema, **_examples(declared)}}
        if declared.streams:
            events = {"schema": {"type": "string"}, "example": declared.stream_example}
            success["content"][sse.CONTENT_TYPE] = events
    elif declared.status != 204:
        success["content"] = {
            kind: {"schema": _schema_of(kind), **_examples(declared)}
            for kind in declared.content_types
        }
    by_status: dict[int, list[type[AppError]]] = defaultdict(list)
    errors: tuple[type[AppError], ...] = (*declared.all_errors, AppError)
    for error in errors:
        by_status[error.status].append(error)
    failures = {
        str(status): _failure(errors, references) for status, errors in sorted(by_status.items())
    }
    return {str(declared.status): success, **failures}


def _schema_of(content_type: str) -> dict[str, str]:
    """Describe what is no JSON; `format` tells generators of clients that it is bytes."""
    binary = content_type.startswith("image/")
    return {"type": "string"} | ({"format": "binary"} if binary else {})


def _examples(declared: Contract) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in declared.examples.items()}
    return {"examples": values} if values else {}


def _failure(errors: list[type[AppError]], references: Any) -> dict[str, Any]:
    return {
        "description": " · ".join(f"`{error.code}`: {error.message}" for error in errors),
        "content": {
            "application/json": {
                "schema": references[(ErrorResponse, "serialization")],
                "examples": {error.code: {"value": _example(error)} for error in errors},
            }
        },
    }


def _example(error: type[AppError]) -> dict[str, Any]:
    example = {
        "status": "error",
        "message": error.message,
        "code": error.code,
        "request_id": "0f9b2d6c4e1a4f0f8a54b0c1f2a3d4e5",
    }
    return example | ({"charged": str(error.charged)} if error.charged else {})
