"""`flask spec`: prints the API's specification for other tools."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from flask.cli import AppGroup, with_appcontext

from app.blueprints.meta import openapi_document
from app.http.uploads.form import FORM

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VARIABLES = {
    "base_url": "http://localhost:5000",
    "api_key": "",
    "filename": "",
    "model": "dall-e-3",
}
_ANY_ID = "00000000-0000-0000-0000-000000000000"
_PATH_PARAMETER = re.compile(r"{(\w+)}")

spec = AppGroup("spec", help="Print the API's specification for other tools.")


@spec.command(short_help="Print the OpenAPI document.")
@with_appcontext
def openapi() -> None:
    """Print the OpenAPI 3.1 document that is served at /openapi.json."""
    _print_json(openapi_document())


@spec.command(short_help="Print a Postman collection.")
@with_appcontext
def postman() -> None:
    """Print a Postman collection (v2.1) of all operations.

    The requests can be run in order: later ones fetch and delete the image that the first one
    generates. Set the variable base_url, and api_key if the server requires keys, and put an
    image named fox.png into the working directory.
    """
    _print_json(postman_collection(openapi_document()))


def postman_collection(document: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an OpenAPI document to a Postman collection.

    Each tag becomes a folder, and each operation a request with a test of its status.
    """
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for method, path, operation in _in_order(document):
        folders[operation["tags"][0]].append(_request(document, method, path, operation))
    info = document["info"]
    return {
        "info": {"name": info["title"], "description": info["description"], "schema": _SCHEMA},
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{api_key}}", "type": "string"}],
        },
        "variable": [{"key": name, "value": value} for name, value in _VARIABLES.items()],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _in_order(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield all operations; deletions come last."""
    operations_in_order = [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    yield from sorted(operations_in_order, key=lambda operation: operation[0] == "delete")


def _request(
    document: Mapping[str, Any], method: str, path: str, operation: dict[str, Any]
) -> dict[str, Any]:
    status = next(code for code in operation["responses"] if code.startswith("2"))
    segments = _PATH_PARAMETER.sub(r"{{\1}}", path).strip("/").split("/")
    query = [
        {
            "key": parameter["name"],
            "value": _example_of(parameter),
            "description": parameter["description"],
            "disabled": not parameter["required"],
        }
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    ]
    if any(parameter["value"] == _ANY_ID for parameter in query):
        status = "404"  # the collection has no image with this id
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation["description"] or operation["summary"],
        "header": [],
        "url": {
            "raw": "{{base_url}}/" + "/".join(segments),
            "host": ["{{base_url}}"],
            "path": segments,
            "query": query,
        },
    }
    if not operation["security"]:
        request["auth"] = {"type": "noauth"}
    if "requestBody" in operation:
        request |= _body(document, operation)
    return {
        "name": operation["summary"],
        "request": request,
        "event": [{"listen": "test", "script": {"exec": _test(status, operation)}}],
    }


def _example_of(parameter: Mapping[str, Any]) -> str:
    """Return a value of a query parameter: its first choice if it is required, else its default."""
    schema = parameter["schema"]
    if schema.get("type") == "array" and parameter["required"]:
        return "{{filename}}"
    if parameter["required"]:
        return str(schema.get("enum", [_ANY_ID])[0])
    return str(schema.get("default", ""))


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    content_type, content = next(iter(operation["requestBody"]["content"].items()))
    schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    if content_type == FORM:
        return {"body": {"mode": "formdata", "formdata": _form_data(schema)}}
    return {
        "header": [{"key": "Content-Type", "value": "application/json"}],
        "body": {"mode": "raw", "raw": json.dumps(schema["examples"][0], indent=2)},
    }


def _form_data(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the example's fields; a file is named by its path in Postman's working directory."""
    return [
        {"key": name, "type": "file", "src": value}
        if "binary" in str(schema["properties"][name])
        else {"key": name, "type": "text", "value": value}
        for name, value in schema["examples"][0].items()
    ]


def _test(status: str, operation: Mapping[str, Any]) -> list[str]:
    lines = [f'pm.test("status {status}", () => pm.response.to.have.status({status}));']
    if operation["operationId"] == "generateImage":
        lines.append('pm.collectionVariables.set("filename", pm.response.json().filename);')
    return lines


def _print_json(document: Mapping[str, Any]) -> None:
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
