"""A client that openapi-python-client generates from the service's OpenAPI document."""

import importlib
import io
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from tests.support.servers.python_process import run
from tests.support.service import Service, serving, settings_for

_CONFIG = "content_type_overrides:\n" + "".join(
    f"  image/{name}: application/octet-stream\n"
    for name in ("png", "webp", "avif", "jpeg", "vnd.microsoft.icon", "svg+xml")
)
_CONFIG += "  application/zip: application/octet-stream\n"
_GENERATOR = "from openapi_python_client.cli import app; app()"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve on embedded parts."""
    settings = settings_for(data_dir=tmp_path_factory.mktemp("data"))
    with serving(settings) as service:
        yield service


@pytest.fixture(scope="module")
def generator_output(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Generate an importable client; return the generator's output."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yaml").write_text(_CONFIG)
    output = run(
        _GENERATOR,
        "generate",
        *("--url", f"{service.url}/openapi.json", "--meta", "none"),
        *("--output-path", folder / "generated_client", "--config", folder / "config.yaml"),
    )
    sys.path.insert(0, str(folder))
    yield output
    sys.path.remove(str(folder))


def module(name: str) -> ModuleType:
    """Import a module of the client."""
    return importlib.import_module(f"generated_client.{name}" if name else "generated_client")


def call(service: Service, operation: str, **arguments: Any) -> Any:
    """Call an operation with the client and return its detailed response."""
    client = module("").Client(base_url=service.url)
    with client:
        return module(f"api.{operation}").sync_detailed(client=client, **arguments)


def test_client_is_generated_without_warnings(generator_output: str) -> None:
    """The generator skips no operation, response or field."""
    assert "arning" not in generator_output


@pytest.mark.usefixtures("generator_output")
def test_client_supports_all_main_operations(service: Service) -> None:
    """Generate, describe, list, fetch and delete, with the documented types."""
    models = module("models")
    body = models.GenerateBody(prompt="A red fox")
    created = call(service, "generation.generate_image", body=body).parsed
    assert isinstance(created, models.ImageResponse)
    assert (created.width, created.charged) == (256, models.Charged.NO)
    described = call(service, "images.get_metadata", filename=created.filename).parsed
    assert described == created
    page = call(service, "images.list_images", limit=5).parsed
    assert [listed.filename for listed in page.images] == [created.filename]
    fetched = call(service, "images.get_image", filename=created.filename, w=64)
    with Image.open(io.BytesIO(fetched.content)) as image:
        assert image.size == (64, 64)
    body_of_dry_run = models.GenerateBody(prompt="A red fox", dry_run=True)
    response = call(service, "generation.generate_image", body=body_of_dry_run).parsed
    assert isinstance(response, models.DryRunResponse)
    assert call(service, "images.delete_image", filename=created.filename).status_code == 204
    assert call(service, "images.list_images").parsed.total_images == 0
    assert len(call(service, "prompts.generate_prompts", count=3).parsed.prompts) == 3


@pytest.mark.usefixtures("generator_output")
def test_errors_have_their_type(service: Service) -> None:
    """A rejected prompt and an absent image are ErrorResponses."""
    models = module("models")
    body = models.GenerateBody(prompt="gore")
    rejected = call(service, "generation.generate_image", body=body)
    missing = call(
        service,
        "images.get_metadata",
        filename="0f9b2d6c-4e1a-4f0f-8a54-000000000000.png",
    )
    for response, status, code in (
        (rejected, 400, "prompt_rejected"),
        (missing, 404, "image_not_found"),
    ):
        assert response.status_code == status
        assert isinstance(response.parsed, models.ErrorResponse)
        assert response.parsed.code == code
    assert rejected.parsed.charged is models.Charged.NO
