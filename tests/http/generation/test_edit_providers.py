"""Edits by the offline painter, Azure, and cassettes."""

import hashlib
from pathlib import Path

from tests.http.generation.test_edits import create, edit
from tests.support.fake_openai import FakeOpenAI
from tests.support.fake_openai.server import DEFAULT_API_KEY
from tests.support.service import Service, openai_settings, serving, settings_for


def test_offline_painter_redraws_and_says_so(embedded: Service) -> None:
    """Without a model that can see, the words are drawn again; the model's name says so."""
    first, same = create(embedded, "A red fox"), create(embedded, "A red fox")
    edits = [edit(embedded, name, prompt="make it blue").json() for name in (first, same)]
    assert (edits[0]["model"], edits[0]["charged"]) == ("emblem-painter-redrawn", "no")
    hashes = [
        embedded.get(f"/images/{one}/metadata").json()["original"]["sha256"]
        for one in (first, edits[0]["filename"], edits[1]["filename"])
    ]
    assert hashes[0] != hashes[1] == hashes[2]
    follow_up = edit(embedded, edits[0]["filename"], prompt="at night").json()
    assert follow_up["parents"] == [edits[0]["filename"]]


def test_azure_edits_with_its_urls_and_header(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """The deployment is in the path of edits, too."""
    azure = {
        "azure_openai_api_key": fake_openai.api_key,
        "azure_openai_endpoint": fake_openai.base_url.removesuffix("/v1"),
        "azure_openai_api_version": "2025-04-01-preview",
    }
    with serving(settings_for(data_dir=tmp_path, **azure)) as service:
        response = edit(service, create(service))
    assert (response.status_code, response.json()["provider"]) == (200, "azure")
    (request,) = fake_openai.requests_to("edits")
    assert request.headers["api-key"] == DEFAULT_API_KEY
    assert request.body["model"] == "gpt-image-2.6-flare"


def test_recorded_edits_are_replayed(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """A replay finds an edit by the bytes of its inputs, whatever their ids are."""
    cassettes = {"cassettes_dir": tmp_path / "cassettes"}
    recording = {"image_provider": "record", "data_dir": tmp_path / "one", **cassettes}
    with serving(settings_for(**recording, **openai_settings(fake_openai))) as service:
        edit(service, create(service))
    replaying = {"image_provider": "replay", "data_dir": tmp_path / "two", **cassettes}
    with serving(settings_for(**replaying)) as service:
        name = create(service)
        replayed = edit(service, name).json()
        missing = edit(service, name, prompt="Something else")
    digest = hashlib.sha256(fake_openai.images[1]).hexdigest()
    assert (replayed["original"]["sha256"], replayed["charged"]) == (digest, "no")
    assert (missing.status_code, missing.json()["code"]) == (501, "recording_missing")
    assert fake_openai.paid == 2
