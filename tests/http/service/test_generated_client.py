"""A client that openapi-python-client makes of the running service's own description."""

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
    f"  image/{kind}: application/octet-stream\n" for kind in ("png", "webp", "avif", "jpeg")
)
_GENERATOR = "from openapi_python_client.cli import app; app()"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve with nothing set but the folder for data."""
    settings = settings_for(data_dir=tmp_path_factory.mktemp("data"))
    with serving(settings) as running:
        yield running


@pytest.fixture(scope="module")
def reported(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make the client, so that it can be imported; return what the generator said."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yaml").write_text(_CONFIG)
    said = run(
        _GENERATOR,
        "generate",
        *("--url", f"{service.url}/openapi.json", "--meta", "none"),
        *("--output-path", folder / "made_client", "--config", folder / "config.yaml"),
    )
    sys.path.insert(0, str(folder))
    yield said
    sys.path.remove(str(folder))


def module(name: str) -> ModuleType:
    """Import a part of the client."""
    return importlib.import_module(f"made_client.{name}" if name else "made_client")


def call(service: Service, where: str, **arguments: Any) -> Any:
    """Make a call with the client, and return its whole answer."""
    client = module("").Client(base_url=service.url)
    with client:
        return module(f"api.{where}").sync_detailed(client=client, **arguments)


def test_the_description_makes_a_client_without_a_warning(reported: str) -> None:
    """No call, answer or field is left out."""
    assert "arning" not in reported


@pytest.mark.usefixtures("reported")
def test_the_client_does_the_main_job(service: Service) -> None:
    """Draw, describe, list, fetch and delete, each with the types of the description."""
    models = module("models")
    body = models.GenerateBody(prompt="A red fox")
    made = call(service, "generation.post_generate_image", body=body).parsed
    assert isinstance(made, models.ImageResponse)
    assert (made.width, made.charged) == (256, models.Charged.NO)
    described = call(service, "images.get_get_metadata", filename=made.filename).parsed
    assert described == made
    page = call(service, "images.get_list_images", limit=5).parsed
    assert [image.filename for image in page.images] == [made.filename]
    fetched = call(service, "images.get_get_image", filename=made.filename, w=64)
    with Image.open(io.BytesIO(fetched.content)) as opened:
        assert opened.size == (64, 64)
    rehearsed = models.GenerateBody(prompt="A red fox", dry_run=True)
    answer = call(service, "generation.post_generate_image", body=rehearsed).parsed
    assert isinstance(answer, models.DryRunResponse)
    assert call(service, "images.delete_delete_image", filename=made.filename).status_code == 204
    assert call(service, "images.get_list_images").parsed.total_images == 0
    assert len(call(service, "prompts.get_generate_prompts", count=3).parsed.prompts) == 3


@pytest.mark.usefixtures("reported")
def test_errors_have_their_type(service: Service) -> None:
    """A refused prompt and an image that isn't there are told in the one shape of errors."""
    models = module("models")
    body = models.GenerateBody(prompt="gore")
    refused = call(service, "generation.post_generate_image", body=body)
    missing = call(
        service,
        "images.get_get_metadata",
        filename="0f9b2d6c-4e1a-4f0f-8a54-000000000000.png",
    )
    for answer, status, code in (
        (refused, 400, "prompt_rejected"),
        (missing, 404, "image_not_found"),
    ):
        assert answer.status_code == status
        assert isinstance(answer.parsed, models.ErrorResponse)
        assert answer.parsed.code == code
    assert refused.parsed.charged is models.Charged.NO
