"""A browser for all tests of a process, and a page for each that is watched and photographed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser.chromium import SCREENSHOTS, chromium
from tests.support.browser.studio import Studio, Tabs
from tests.support.service import Service, serving, settings_for


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run one browser. Not for longer: its event loop would be in the way of other tests."""
    with chromium() as running:
        yield running


@pytest.fixture
def tabs(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Tabs]:
    """Open pages; afterwards none may have failed, or done what its policy forbids."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened = Tabs(browser)
    yield opened
    name = re.sub(r"[^\w-]+", "-", request.node.name).strip("-")
    opened.photograph(SCREENSHOTS / name)
    opened.close()
    assert opened.violations == []
    assert opened.failures == []


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve with nothing set but the folder for data."""
    with serving(settings_for(data_dir=tmp_path)) as running:
        yield running


@pytest.fixture
def studio(tabs: Tabs, service: Service) -> Studio:
    """Open the studio of a service that draws offline, at a desktop's width."""
    return tabs.studio(service.url)
