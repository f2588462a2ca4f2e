"""The browser of a test process; pages are checked for errors and screenshots kept."""

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
    """Run one browser. Package scope, because its event loop would disturb other tests."""
    with chromium() as running:
        yield running


@pytest.fixture
def tabs(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Tabs]:
    """Open pages; fail if one had an error or violated its policy."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened = Tabs(browser)
    yield opened
    name = re.sub(r"[^\w-]+", "-", request.node.name).strip("-")
    opened.screenshot(SCREENSHOTS / name)
    opened.close()
    assert opened.violations == []
    assert opened.failures == []


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve with default settings."""
    with serving(settings_for(data_dir=tmp_path)) as running:
        yield running


@pytest.fixture
def studio(tabs: Tabs, service: Service) -> Studio:
    """Open the studio of an offline service at desktop width."""
    return tabs.studio(service.url)
