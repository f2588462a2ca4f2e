"""Health, documentation and the start page."""

import re

import jsonschema
import pytest
from openapi_spec_validator import validate

from tests.support.service import Parts, Service


def test_alive(service: Service) -> None:
    """/healthz is 200 as long as the process answers."""
    assert service.get("/healthz").json() == {"status": "success"}


def test_ready_reports_the_parts_apart(service: Service) -> None:
    """/readyz names each part's kind and whether it answers, but no address."""
    answer = service.get("/readyz")
    kinds = {name: part["kind"] for name, part in answer.json()["parts"].items()}
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert kinds in (
        {"storage": "files", "records": "sqlite", "cache": "memory"},
        {"storage": "s3", "records": "mongodb", "cache": "redis"},
    )
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(("part", "name"), [("s3", "storage"), ("mongo", "records")])
def test_not_ready_names_the_part(real: Service, parts: Parts, part: str, name: str) -> None:
    """Without storage or records /readyz is 503 and tells which; /healthz is still 200."""
    getattr(parts, part).refuse()
    answer = real.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["code"], body["ready"]) == (503, "not_ready", False)
    assert name in body["message"]
    assert [key for key, value in body["parts"].items() if not value["up"]] == [name]
    assert int(answer.headers["Retry-After"]) > 0
    assert real.get("/healthz").status_code == 200


def test_openapi_document_is_valid_and_complete(embedded: Service) -> None:
    """/openapi.json is valid OpenAPI 3.1 and has every call with its errors."""
    document = embedded.get("/openapi.json").json()
    validate(document)
    assert set(document["paths"]) == {
        "/generate-image",
        "/generate-prompts",
        "/healthz",
        "/images",
        "/images/{filename}",
        "/images/{filename}/metadata",
        "/metrics",
        "/readyz",
        "/usage",
    }
    post = document["paths"]["/generate-image"]["post"]
    refused, failed = (
        {"400", "401", "403", "408", "409", "410", "413", "414", "415", "422", "429", "431"},
        {"500", "501", "502", "503", "504"},
    )
    assert set(post["responses"]) == {"200"} | refused | failed
    rejected = post["responses"]["400"]["content"]["application/json"]["examples"]
    assert rejected["prompt_rejected"]["value"]["charged"] == "no"


def test_every_answer_has_an_example_of_its_form(embedded: Service) -> None:
    """What can be read has an example, which fits its schema; so does every error."""
    document = embedded.get("/openapi.json").json()
    resolver = {"components": document["components"]}
    shown = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    if kind.startswith("image/"):
                        continue
                    if kind == "text/event-stream":
                        assert content["example"].count("event: ") == 4
                        continue
                    assert content["examples"], (operation["operationId"], status)
                    for example in content["examples"].values():
                        jsonschema.validate(example["value"], content["schema"] | resolver)
                        shown += 1
    assert shown > 100


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(service: Service, path: str) -> None:
    """Pages are HTML with a policy that allows this host only, and have no inline script."""
    answer = service.get(path)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text.replace("https://opensource", "")
    for script in answer.text.split("<script")[1:]:
        assert re.search('src="/(static|docs)/', script.partition(">")[0])


def test_start_page_reports_who_draws(embedded: Service, real: Service) -> None:
    """The page says offline and not AI, or which model draws for money."""
    assert "not made by AI" in embedded.get("/").text
    assert "gpt-image-2.6-flare" in real.get("/").text
    for file in ("studio/main.js", "studio/base.css"):
        assert embedded.get(f"/static/{file}").status_code == 200
