"""The pages below a path, as behind a proxy that leaves it in requests."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.studio import Tabs
from tests.support.service import Service, serving, settings_for

PREFIX = "/image-api"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve below a path; requests to other paths than the service's own are noted."""
    with serving(settings_for(data_dir=tmp_path, script_name=PREFIX)) as running:
        yield running


def test_the_studio_works_below_a_path(tabs: Tabs, service: Service) -> None:
    """The studio generates, lists and shows an image, and requests nothing outside of the path."""
    studio = tabs.studio(f"{service.url}{PREFIX}")
    requested: list[str] = []
    studio.page.on("request", lambda request: requested.append(request.url))
    studio.generate()
    expect(studio.find("#gallery li")).to_have_count(1)
    studio.find("#open-result").click()
    expect(studio.find("#image")).to_have_attribute("src", re.compile("images/"))
    address = re.escape(f"{service.url}{PREFIX}/images/")
    expect(studio.find("#snippet")).to_have_value(re.compile(address))
    studio.page.get_by_label("Width, as a number", exact=True).fill("300")
    expect(studio.page).to_have_url(re.compile(f"{PREFIX}/p/.*w=300"))
    studio.page.go_back()
    expect(studio.find("#gallery li")).to_have_count(1)
    assert requested
    below = (f"{service.url}{PREFIX}/", "blob:", "data:")
    assert [url for url in requested if not url.startswith(below)] == []


def test_the_reference_runs_calls_below_a_path(tabs: Tabs, service: Service) -> None:
    """The documentation page sends its calls below the path, too."""
    page = tabs.open(f"{service.url}{PREFIX}/docs")
    check = page.locator(".opblock", has_text="/healthz")
    check.locator(".opblock-summary-control").click()
    with page.expect_response(lambda response: response.url.endswith("/healthz")) as sent:
        check.get_by_role("button", name="Execute").click()
    assert (sent.value.url, sent.value.status) == (f"{service.url}{PREFIX}/healthz", 200)
