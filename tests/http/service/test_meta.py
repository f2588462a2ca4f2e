"""Health checks, documentation and the start page."""

import re
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate

from tests.support.service import Parts, Service, serving, settings_for


def test_alive(service: Service) -> None:
    """/healthz is 200 while the process responds."""
    assert service.get("/healthz").json() == {"status": "success"}


def test_ready_lists_the_parts(service: Service) -> None:
    """/readyz reports each part's kind and state, without addresses."""
    response = service.get("/readyz")
    kinds = {name: part["kind"] for name, part in response.json()["parts"].items()}
    assert (response.status_code, response.json()["ready"]) == (200, True)
    assert kinds in (
        {"storage": "files", "records": "sqlite", "cache": "memory"},
        {"storage": "s3", "records": "mongodb", "cache": "redis"},
    )
    assert "127.0.0.1" not in response.text


@pytest.mark.parametrize(("part", "name"), [("s3", "storage"), ("mongo", "records")])
def test_not_ready_names_the_part(real: Service, parts: Parts, part: str, name: str) -> None:
    """Without storage or records /readyz is 503 and names the part; /healthz is still 200."""
    getattr(parts, part).refuse()
    response = real.get("/readyz")
    body = response.json()
    assert (response.status_code, body["code"], body["ready"]) == (503, "not_ready", False)
    assert name in body["message"]
    assert [key for key, value in body["parts"].items() if not value["up"]] == [name]
    assert int(response.headers["Retry-After"]) > 0
    assert real.get("/healthz").status_code == 200


def test_openapi_document_is_valid_and_complete(embedded: Service) -> None:
    """/openapi.json is valid OpenAPI 3.1 and has every operation with its errors."""
    document = embedded.get("/openapi.json").json()
    validate(document)
    assert set(document["paths"]) == {
        "/generate-image",
        "/generate-prompts",
        "/healthz",
        "/images",
        "/images/{filename}",
        "/images/{filename}/cutouts",
        "/images/{filename}/restore",
        "/images/{filename}/edits",
        "/images/{filename}/lineage",
        "/images/{filename}/mask",
        "/images/{filename}/metadata",
        "/images/{filename}/original",
        "/images/archive",
        "/images/sheet",
        "/images/{filename}/pack",
        "/images/{filename}/palette",
        "/metrics",
        "/readyz",
        "/usage",
        "/v1/images/edits",
        "/v1/images/generations",
        "/v1/models",
        "/v1/models/{model}",
    }
    post = document["paths"]["/generate-image"]["post"]
    client_errors, server_errors = (
        {"400", "401", "403", "408", "409", "410", "413", "414", "415", "422", "429", "431"},
        {"500", "501", "502", "503", "504"},
    )
    assert set(post["responses"]) == {"200"} | client_errors | server_errors
    examples = post["responses"]["400"]["content"]["application/json"]["examples"]
    assert examples["prompt_rejected"]["value"]["charged"] == "no"


def test_operations_are_named_like_methods(shared_embedded: Service) -> None:
    """Generated clients get methods of these names, which stay as they are."""
    document = shared_embedded.get("/openapi.json").json()
    assert {
        operation["operationId"]: f"{method} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    } == {
        "generateImage": "post /generate-image",
        "generatePrompts": "get /generate-prompts",
        "listImages": "get /images",
        "uploadImage": "post /images",
        "getImage": "get /images/{filename}",
        "getMetadata": "get /images/{filename}/metadata",
        "getMask": "get /images/{filename}/mask",
        "getOriginal": "get /images/{filename}/original",
        "getArchive": "get /images/archive",
        "getSheet": "get /images/sheet",
        "getPack": "get /images/{filename}/pack",
        "getPalette": "get /images/{filename}/palette",
        "deleteGroup": "delete /images",
        "deleteImage": "delete /images/{filename}",
        "restoreImage": "post /images/{filename}/restore",
        "organizeImage": "patch /images/{filename}",
        "createCutout": "post /images/{filename}/cutouts",
        "createEdit": "post /images/{filename}/edits",
        "getLineage": "get /images/{filename}/lineage",
        "getUsage": "get /usage",
        "checkHealth": "get /healthz",
        "checkReadiness": "get /readyz",
        "getMetrics": "get /metrics",
        "createImages": "post /v1/images/generations",
        "editImages": "post /v1/images/edits",
        "listModels": "get /v1/models",
        "getModel": "get /v1/models/{model}",
    }


_IMAGES = {"getImage", "getArchive", "getPack", "getPalette"}
_OPEN = {*_IMAGES, "checkHealth", "checkReadiness"}
_KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]


@pytest.mark.parametrize(
    ("settings", "public", "others"),
    [
        ({}, _OPEN, [*_KEYS, {}]),
        ({"auth_required": True}, _OPEN, _KEYS),
        ({"auth_required": True, "public_images": False}, _OPEN - _IMAGES, _KEYS),
    ],
)
def test_every_operation_declares_its_security(
    tmp_path: Path, settings: dict[str, bool], public: set[str], others: list[dict[str, list[str]]]
) -> None:
    """Open operations need no key; all others name the two ways to send one."""
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        document = service.get("/openapi.json").json()
    for operations in document["paths"].values():
        for operation in operations.values():
            is_open = operation["operationId"] in public
            assert operation["security"] == ([] if is_open else others), operation["operationId"]


@pytest.mark.parametrize(
    ("public_url", "prefix", "server"),
    [
        (None, "", "/"),
        (None, "/api", "/api"),
        ("https://images.example.com/v1", "", "https://images.example.com/v1"),
    ],
)
def test_document_names_its_server(
    tmp_path: Path, public_url: str | None, prefix: str, server: str
) -> None:
    """The server is PUBLIC_URL, or the place at which the application is mounted."""
    with serving(settings_for(data_dir=tmp_path, public_url=public_url)) as service:
        response = service.app.test_client().get("/openapi.json", base_url=f"http://x{prefix}")
        document = response.get_json()
    assert document["servers"] == [{"url": server, "description": "This server"}]
    validate(document)


def test_optional_fields_of_bodies_may_be_null(shared_embedded: Service) -> None:
    """The document says so, and required fields may not."""
    schemas = shared_embedded.get("/openapi.json").json()["components"]["schemas"]
    for name, required in (("GenerateBody", {"prompt"}), ("CutoutBody", set())):
        fields = schemas[name]["properties"]
        null = {
            field for field, form in fields.items() if {"type": "null"} in form.get("anyOf", ())
        }
        assert null == fields.keys() - required
        assert set(schemas[name].get("required", ())) == required


def test_every_response_has_valid_examples(embedded: Service) -> None:
    """Every text response and every error has examples that match its schema."""
    document = embedded.get("/openapi.json").json()
    resolver = {"components": document["components"]}
    checked = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                for content_type, content in response.get("content", {}).items():
                    if content_type.startswith(("image/", "application/zip")):
                        continue
                    if content_type == "text/event-stream":
                        assert content["example"].count("event: ") >= 2
                        continue
                    assert content["examples"], (operation["operationId"], status)
                    for example in content["examples"].values():
                        jsonschema.validate(example["value"], content["schema"] | resolver)
                        checked += 1
    assert checked > 100


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_no_foreign_resources(service: Service, path: str) -> None:
    """Pages have a policy that allows this host only, and no inline scripts."""
    response = service.get(path)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "http://" not in response.text
    assert "https://" not in response.text.replace("https://opensource", "")
    for script in response.text.split("<script")[1:]:
        assert re.search('src="/(static|docs)/', script.partition(">")[0])


def test_start_page_names_the_provider(embedded: Service, real: Service) -> None:
    """The page says that images are offline, or names the paid model."""
    assert "free sample art, not AI" in embedded.get("/").text
    assert "gpt-image-2.6-flare" in real.get("/").text
    for file in ("studio/create_page.js", "studio/base.css"):
        assert embedded.get(f"/static/{file}").status_code == 200
