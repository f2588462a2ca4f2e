"""Health checks, documentation and the start page."""

import re

import jsonschema
import pytest
from openapi_spec_validator import validate

from tests.support.service import Parts, Service


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
        "/images/{filename}/metadata",
        "/metrics",
        "/readyz",
        "/usage",
    }
    post = document["paths"]["/generate-image"]["post"]
    client_errors, server_errors = (
        {"400", "401", "403", "408", "409", "410", "413", "414", "415", "422", "429", "431"},
        {"500", "501", "502", "503", "504"},
    )
    assert set(post["responses"]) == {"200"} | client_errors | server_errors
    examples = post["responses"]["400"]["content"]["application/json"]["examples"]
    assert examples["prompt_rejected"]["value"]["charged"] == "no"


def test_every_response_has_valid_examples(embedded: Service) -> None:
    """Every text response and every error has examples that match its schema."""
    document = embedded.get("/openapi.json").json()
    resolver = {"components": document["components"]}
    checked = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                for content_type, content in response.get("content", {}).items():
                    if content_type.startswith("image/"):
                        continue
                    if content_type == "text/event-stream":
                        assert content["example"].count("event: ") == 4
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
    assert "no AI, no cost" in embedded.get("/").text
    assert "gpt-image-2.6-flare" in real.get("/").text
    for file in ("studio/main.js", "studio/base.css"):
        assert embedded.get(f"/static/{file}").status_code == 200
