"""Every call of the clients, on a service with embedded parts."""

import io
from collections.abc import Iterator

import pytest
import requests
from PIL import Image

from tests.support.client_packages import Driver
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service, serving, settings_for
from tests.support.tables import each_row

FINAL = {
    "prompt_rejected": (400, "no"),
    "budget_exceeded": (429, "no"),
    "outcome_unknown": (409, "unknown"),
    "provider_quota": (503, "no"),
    "provider_misconfigured": (503, "no"),
    "provider_error": (502, "unknown"),
    "provider_timeout": (504, "unknown"),
    "internal_error": (500, "no"),
}
"""Errors that are raised immediately, with their status and charge."""
TEMPORARY = (
    "rate_limited",
    "generation_in_progress",
    "busy",
    "shutting_down",
    "storage_unavailable",
    "records_unavailable",
    "provider_unreachable",
    "provider_rate_limited",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve on embedded parts."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("data"), trash_days=7)) as service:
        yield service


def test_an_image_from_prompt_to_lineage(service: Service, driver: Driver) -> None:
    """Generate, edit, describe, fetch and trace an image."""
    image = driver.call(service.url, "generate", "A red fox", quality="low").value
    name = image["filename"]
    assert driver.call(service.url, "get", name).value == image
    edited = driver.call(service.url, "edit", name, "A blue scarf", images=[name]).value
    lineage = driver.call(service.url, "lineage", name, limit=5).value
    assert [each["filename"] for each in lineage["images"]] == [edited["filename"]]
    webp = driver.call(service.url, "download", name, w=64, format="webp").value
    with Image.open(io.BytesIO(webp)) as opened:
        assert (opened.size, opened.format) == ((64, 64), "WEBP")


def test_a_stream_has_progress_previews_and_the_result(service: Service, driver: Driver) -> None:
    """Events arrive in order, with candidates too."""
    events = driver.call(service.url, "stream", "An owl", partial_images=1).value
    names = [event["name"] for event in events]
    assert names[0] == "progress"
    assert "partial" in names
    assert names[-1] == "result"
    assert events[-1]["data"]["prompt"] == "An owl"
    events = driver.call(service.url, "stream", "An owl", n=2).value
    assert [event["name"] for event in events if "filename" in event["data"]] == ["image"] * 2
    assert len(events[-1]["data"]["images"]) == 2


def test_uploads_and_their_cutouts(service: Service, driver: Driver) -> None:
    """Bytes and fields arrive, and a mask decides."""
    file, mask = encoded(owl(200, 200)), encoded(Image.new("L", (200, 200), 0))
    uploaded = driver.call(service.url, "upload", file, prompt="Büro", holes="keep").value
    assert (uploaded["prompt"], uploaded["provider"]) == ("Büro", "upload")
    assert uploaded["cutout_options"]["holes"] == "keep"
    recut = driver.call(service.url, "recut", uploaded["filename"], mask=mask, replace=True).value
    assert (recut["parent"], recut["cutout"]["coverage"]) == (uploaded["filename"], 0)
    followed = driver.call(service.url, "download", uploaded["filename"]).value
    assert followed == driver.call(service.url, "download", recut["filename"]).value


def test_lists_tags_stars_and_the_trash(service: Service, driver: Driver) -> None:
    """The list is read over several pages; tags, stars and deletion are seen in it."""
    tag = f"tag of {type(driver).__name__}"
    group = driver.call(service.url, "candidates", "A boat", 3).value
    names = [image["filename"] for image in group["images"]]
    for name in names:
        assert driver.call(service.url, "tag", name, [tag, "sea"]).value["tags"] == [tag, "sea"]
    listed = driver.call(service.url, "list_images", page_size=1, tag=[tag, "sea"]).value
    assert sorted(image["filename"] for image in listed) == sorted(names)
    assert driver.call(service.url, "star", names[0]).value["starred"]
    page = driver.call(
        service.url, "list_page", limit=2, tag=tag, starred=True, verdict="good"
    ).value
    assert (page["total_images"], page["images"][0]["filename"]) == (1, names[0])
    assert not driver.call(service.url, "star", names[0], False).value["starred"]

    deleted = driver.call(service.url, "delete_group", group["group"], keep=names[:1]).value
    assert sorted(deleted) == sorted(names[1:])
    trash = driver.call(service.url, "list_page", trashed=True, tag=tag).value
    assert trash["total_images"] == 2
    assert driver.call(service.url, "restore", names[1]).value["trashed_at"] is None
    assert driver.call(service.url, "delete", names[0]).error == ""
    assert driver.call(service.url, "delete", names[0], purge=True).error == ""
    rest = driver.call(service.url, "list_images", tag=tag).value
    assert [image["filename"] for image in rest] == [names[1]]


def test_prompts_estimates_and_usage(service: Service, driver: Driver) -> None:
    """What costs nothing is returned as documented."""
    prompts = driver.call(service.url, "invent_prompts", 3, theme="winter").value
    assert len(prompts) == 3
    estimate = driver.call(service.url, "estimate", "A fox", n=2).value
    assert estimate["estimate_usd"] == 0
    assert driver.call(service.url, "usage").value["cost_usd"] == 0


@each_row("code, expected", FINAL.items())
def test_final_errors_are_raised(
    service: Service, driver: Driver, code: str, expected: tuple[int, str]
) -> None:
    """They are never repeated, and have code, status, charge, request id and key."""
    outcome = driver.call(
        service.url,
        "generate",
        "A fox",
        client={"headers": {"X-Simulate": code}},
        idempotency_key=f"{code}-{type(driver).__name__}",
    )
    assert (outcome.error, outcome.pauses) == (code, [])
    facts = outcome.facts
    assert (facts["status"], facts["charged"]) == expected
    assert facts["idempotency_key"] == f"{code}-{type(driver).__name__}"
    assert facts["request_id"]


@each_row("code", TEMPORARY)
def test_temporary_errors_are_repeated(service: Service, driver: Driver, code: str) -> None:
    """The pause is the response's Retry-After; if that ends after the deadline, it is an error."""
    headers = {"X-Simulate": code}
    response = requests.post(
        f"{service.url}/generate-image", json={"prompt": "A fox"}, headers=headers, timeout=60
    )
    client = {"headers": headers}
    stopped = driver.call(service.url, "generate", "A fox", on_pause=lambda _: False, client=client)
    assert (stopped.error, stopped.pauses) == ("stopped", [int(response.headers["Retry-After"])])
    too_late = driver.call(service.url, "generate", "A fox", deadline=1, client=client)
    assert (too_late.error, too_late.pauses) == (code, [])


@each_row(
    "method, arguments, code",
    [
        ("generate", [" "], "invalid_request"),
        ("get", ["0f9b2d6c-4e1a-4f0f-8a54-000000000000.png"], "image_not_found"),
        ("delete", ["0f9b2d6c-4e1a-4f0f-8a54-000000000000.png"], "image_not_found"),
        ("get", ["no-image"], "not_found"),
    ],
)
def test_invalid_requests_are_raised(
    service: Service, driver: Driver, method: str, arguments: list[str], code: str
) -> None:
    """A request that can never succeed is sent once."""
    outcome = driver.call(service.url, method, *arguments)
    assert (outcome.error, outcome.pauses) == (code, [])


def test_the_api_key_is_sent(tmp_path_factory: pytest.TempPathFactory, driver: Driver) -> None:
    """A service that requires keys serves the client with one, and refuses another."""
    with serving_with_keys(data_dir=tmp_path_factory.mktemp("keys")) as service:
        key, url = service.create_key("client"), service.service.url
        assert driver.call(url, "list_page", client={"api_key": key}).value["total_images"] == 0
        for client in ({}, {"api_key": "wrong"}):
            outcome = driver.call(url, "list_page", client=client)
            assert (outcome.error, outcome.facts["status"]) == ("unauthorized", 401)
