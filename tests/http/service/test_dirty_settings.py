"""A service whose settings were all copied with dirt around them, on real servers."""

from pathlib import Path
from typing import Any

import pymongo
import pytest
import requests

from app.config import Settings
from tests.support.fake_openai import FakeOpenAI
from tests.support.service import NO_LIMITS, Parts, serving

FORMS = ("{}\n", "{}\r\n", " {} ", '"{}"', "\u201c{}\u201d", "{}\u200b", "\ufeff{}", "\u00a0'{}'\n")


def test_dirty_settings_generate_an_image(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With dirt around every setting, each part is used, and an image is generated."""
    values = parts.settings | NO_LIMITS | {"data_dir": tmp_path, "log_format": "Text"}
    for index, (name, value) in enumerate(values.items()):
        monkeypatch.setenv(name.upper(), FORMS[index % len(FORMS)].format(value))
    with serving(Settings.load(tmp_path / "none")) as service:
        generated = service.generate()
        assert generated.status_code == 200, generated.text
        assert service.get(f"/images/{generated.json()['filename']}").status_code == 200
        ready = service.get("/readyz").json()["parts"]
    assert {name: (part["kind"], part["up"]) for name, part in ready.items()} == {
        "storage": ("s3", True),
        "records": ("mongodb", True),
        "cache": ("redis", True),
    }
    assert (generated.json()["provider"], generated.json()["charged"]) == ("openai", "yes")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/openai",
        "/openai/v1/",
        "/openai/v1",
        "/openai/deployments/gpt-image-2/images/generations?api-version=2025-04-01-preview",
        "/openai/deployments/gpt-6-luna/chat/completions?api-version=2024-10-21",
        "/openai/v1/images/generations",
        "/api/projects/first",
        "/models",
    ],
)
def test_azures_endpoint_is_used_as_its_portal_shows_it(
    path: str, fake_openai: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resource's endpoint and its target URIs lead to the same deployment and API version."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", fake_openai.api_key)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", fake_openai.base_url.removesuffix("/v1") + path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings = Settings.load(tmp_path / "none")
    with serving(settings) as service:
        generated = service.generate()
        (call,) = service.generate(dry_run=True).json()["requests"]
    assert generated.status_code == 200, generated.text
    deployment = "gpt-image-2" if "gpt-image-2" in path else "gpt-image-2.6-flare"
    assert call["path"] == f"/deployments/{deployment}/images/generations"
    assert settings.azure_target.api_version == "2025-04-01-preview"


def test_server_without_keys_is_used(
    fake_openai: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENAI_BASE_URL alone selects that server, without moderation and never the painter."""
    monkeypatch.setenv("OPENAI_BASE_URL", fake_openai.base_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    fake_openai.api_key = "none"
    with serving(Settings.load(tmp_path / "none")) as service:
        generated = service.generate()
    assert generated.status_code == 200, generated.text
    assert generated.json()["provider"] == "openai"
    assert fake_openai.requests_to("moderations") == []


def test_organization_and_project_are_sent(
    fake_openai: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ids are sent as OpenAI's SDK does, also from `.env`, under either name."""
    env_file = tmp_path / "env"
    env_file.write_text(
        f"OPENAI_API_KEY={fake_openai.api_key}\nOPENAI_BASE_URL={fake_openai.base_url}\n"
        f"OPENAI_ORGANIZATION=org-1\nOPENAI_PROJECT_ID=\u201cproj_1\u201d\nDATA_DIR={tmp_path}\n"
    )
    monkeypatch.setenv("OPENAI_PROJECT", "proj_2")
    with serving(Settings.load(env_file)) as service:
        assert service.generate().status_code == 200
    (call,) = fake_openai.requests_to("images")
    assert call.headers["openai-organization"] == "org-1"
    assert call.headers["openai-project"] == "proj_1"


def test_database_of_the_uri_is_used(parts: Parts, tmp_path: Path) -> None:
    """The records are in the database that MONGODB_URI names, unless MONGODB_DATABASE is set."""
    database = parts.settings.pop("mongodb_database")
    parts.settings["mongodb_uri"] = parts.settings["mongodb_uri"].replace("/?", f"/{database}?")
    settings = Settings(**parts.settings, data_dir=tmp_path)
    assert settings.database == database
    with serving(settings) as service:
        assert service.generate().status_code == 200
        assert requests.get(f"{service.url}/images", timeout=60).json()["total_images"] == 1
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(parts.settings["mongodb_uri"]) as client:
        assert client[database]["generations"].count_documents({}) == 1
