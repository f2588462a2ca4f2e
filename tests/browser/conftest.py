"""The browser of a test process; pages are checked for errors, and those of failures kept."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser.chromium import SCREENSHOTS, chromium
from tests.support.browser.studio import Studio, Tabs
from tests.support.service import Service, serving, settings_for

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note failures for the fixtures of the test."""
    if call.excinfo is not None:
        item.stash[_FAILED] = True
    return (yield)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run one browser. Package scope, because its event loop would disturb other tests."""
    with chromium() as running:
        yield running


@pytest.fixture
def tabs(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Tabs]:
    """Open pages; fail if one had an error or violated its policy."""
    opened = Tabs(browser)
    yield opened
    if request.node.stash.get(_FAILED, False) or opened.violations or opened.failures:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
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
