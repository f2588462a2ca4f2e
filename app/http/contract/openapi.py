"""Generation of the OpenAPI 3.1 document from the views' contracts."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from app.errors import AppError
from app.http import sse
from app.http.contract.decorator import Contract, NoQuery
from app.http.contract.error_schema import ErrorResponse, failure_response
from app.http.contract.openai_errors import (
    OpenAIErrorResponse,
    openai_failure_response,
    status_of,
)
from app.http.idempotency import OPENAPI_PARAMETER as IDEMPOTENCY_KEY
from app.http.uploads.form import FORM, IMAGE_TYPES
from app.models import object_keys

_REF = "#/components/schemas/{model}"
_INFO: dict[str, Any] = {
    "title": "Flask Image Generator API",
    "description": "Generates images from prompts, makes their white background transparent, "
    "stores them and serves them.",
    "license": {"name": "MIT", "identifier": "MIT"},
}
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_TAGS = {
    "generation": "Generate images.",
    "images": "List and delete images, and fetch them in any size and format.",
    "openai": "The same by the API of OpenAI's images, for existing clients.",
    "prompts": "Suggest prompts.",
    "usage": "Report costs.",
    "health": "Monitor the service.",
}
_PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "filename": {
        "description": "File name of the image.",
        "schema": {"type": "string", "pattern": f"^{object_keys.IMAGE_NAME_PATTERN}$"},
    },
    "model": {
        "description": "Name of the image model, or an alias of it.",
        "schema": {"type": "string", "pattern": r"^[\w.:/@+-]{1,200}$"},
    },
}
_API_KEY_REQUIRED: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
_NO_API_KEY: list[dict[str, list[str]]] = [{}]
_ROUTE_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def build_document(
    app: Flask, *, version: str, auth_required: bool, public_images: bool
) -> dict[str, Any]:
    """Return the OpenAPI document, without servers, of all views that have a contract."""
    operations = list(_operations(app))
    references, schemas = models_json_schema(
        _models([contract for _, _, contract in operations]), ref_template=_REF
    )
    security = _API_KEY_REQUIRED if auth_required else _API_KEY_REQUIRED + _NO_API_KEY
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for rule, method, contract in operations:
        path = _ROUTE_PARAMETER.sub(r"{\1}", rule.rule)
        paths[path][method.lower()] = {
            "operationId": _operation_id(rule.endpoint),
            "tags": [contract.tag],
            **_summary(app.view_functions[rule.endpoint].__doc__ or ""),
            "parameters": _parameters(path, contract),
            **_request_body(contract, references),
            "security": security if contract.needs_key(public_images=public_images) else [],
            "responses": _responses(contract, references),
        }
    return {
        "openapi": "3.1.0",
        "info": _INFO | {"version": version},
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": dict(paths),
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY_SCHEMES},
    }


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Contract]]:
    for rule in app.url_map.iter_rules():
        contract = getattr(app.view_functions[rule.endpoint], "contract", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if contract is not None:
                yield rule, method, contract


def _operation_id(endpoint: str) -> str:
    """Convert a view's name to the name of a method of a client, such as `listImages`."""
    first, *words = endpoint.rpartition(".")[2].split("_")
    return first + "".join(word.capitalize() for word in words)


def _models(contracts: list[Contract]) -> Any:
    responses = {contract.response for contract in contracts if contract.response}
    bodies = {body for contract in contracts for body in _bodies(contract)}
    by_name = sorted(
        responses | {ErrorResponse, OpenAIErrorResponse}, key=lambda model: model.__name__
    )
    return [(model, "serialization") for model in by_name] + [
        (model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)
    ]


def _bodies(contract: Contract) -> list[Any]:
    json_form = contract.form.json_form if contract.form else None
    return [body for body in (contract.body, contract.form, json_form) if body]


def _summary(docstring: str) -> dict[str, str]:
    """Split a view's docstring into the operation's summary and description."""
    summary, _, description = docstring.partition("\n")
    return {
        "summary": summary.strip().rstrip("."),
        "description": " ".join(description.split()),
    }


def _parameters(path: str, contract: Contract) -> list[dict[str, Any]]:
    header = [IDEMPOTENCY_KEY] if contract.idempotent else []
    return [*_path_parameters(path), *_query_parameters(contract), *header]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, **_PATH_PARAMETERS[name]}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(contract: Contract) -> list[dict[str, Any]]:
    form = contract.form
    query = form if form and form.may_be_file else contract.query
    if issubclass(query, NoQuery):
        return []
    schema_of_query = query.model_json_schema()
    properties = schema_of_query.get("properties", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema_of_query.get("required", ()),
            "allowEmptyValue": True,  # an empty value counts as absent
            "description": schema.pop("description", ""),
            "schema": _without_null_default(schema),
        }
        for name, schema in properties.items()
        if "binary" not in str(schema)
    ]


def _without_null_default(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove a default of null, which a query can't express."""
    return {key: value for key, value in schema.items() if (key, value) != ("default", None)}


def _request_body(contract: Contract, references: Any) -> dict[str, Any]:
    if contract.form:
        content = {FORM: {"schema": references[(contract.form, "validation")]}}
        if contract.form.may_be_file:
            content |= {name: {"schema": _body_schema(name)} for name in IMAGE_TYPES}
        if contract.form.json_form:
            schema = references[(contract.form.json_form, "validation")]
            content["application/json"] = {"schema": schema}
    elif contract.body:
        content = {"application/json": {"schema": references[(contract.body, "validation")]}}
    else:
        return {}
    return {"requestBody": {"required": True, "content": content}}


def _responses(contract: Contract, references: Any) -> dict[str, Any]:
    by_status: dict[int, list[type[AppError]]] = defaultdict(list)
    errors: tuple[type[AppError], ...] = (*contract.all_errors, AppError)
    for error in errors:
        by_status[status_of(error) if contract.is_openai else error.status].append(error)
    failure = openai_failure_response if contract.is_openai else failure_response
    statuses = [contract.status] + ([contract.repeated_status] if contract.repeated_status else [])
    return {
        **{str(status): _success(contract, references) for status in statuses},
        **{str(status): _redirect(text) for status, text in contract.redirects.items()},
        **{
            str(status): failure(errors, references) for status, errors in sorted(by_status.items())
        },
    }


def _redirect(description: str) -> dict[str, Any]:
    location = {"description": description, "schema": {"type": "string", "format": "uri"}}
    return {"description": description, "headers": {"Location": location}}


def _success(contract: Contract, references: Any) -> dict[str, Any]:
    response: dict[str, Any] = {"description": "Success"}
    if contract.response:
        schema = references[(contract.response, "serialization")]
        response["content"] = {"application/json": {"schema": schema, **_examples(contract)}}
        if contract.streams:
            # Without a schema: tools disagree whether it describes the text or each event.
            response["content"][sse.CONTENT_TYPE] = {"example": contract.stream_example}
    elif contract.status != 204:
        response["content"] = {
            content_type: {"schema": _body_schema(content_type), **_examples(contract)}
            for content_type in contract.content_types
        }
    return response


def _body_schema(content_type: str) -> dict[str, str]:
    """Return the schema of a body that is not JSON.

    `format` declares images and archives as bytes to generators of client code.
    """
    binary = content_type.startswith(("image/", "application/zip"))
    return {"type": "string"} | ({"format": "binary"} if binary else {})


def _examples(contract: Contract) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in contract.examples.items()}
    return {"examples": values} if values else {}
