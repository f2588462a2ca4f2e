"""Browsers that block or lack storage."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.studio import Studio, Tabs
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.service import Service

_RAISE = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError"); } });
}
"""
STORAGES = {
    "blocked": _RAISE,
    "absent": _RAISE.replace('throw new DOMException("", "SecurityError")', "return null"),
    "full": """
      Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
    """,
}


def opened(tabs: Tabs, url: str, script: str) -> Page:
    """Open a page in which a script has run first."""
    page = tabs.open("about:blank")
    page.add_init_script(script)
    page.goto(url)
    return page


@pytest.mark.parametrize("script", STORAGES.values(), ids=STORAGES)
def test_studio_works_without_storage(tabs: Tabs, tmp_path: Path, script: str) -> None:
    """The key is used and forgotten, even if it should be kept, and the page doesn't fail."""
    with serving_with_keys(data_dir=tmp_path) as auth_service:
        studio = Studio(opened(tabs, f"{auth_service.service.url}/", script))
        expect(studio.find("#key-dialog")).to_be_visible()
        studio.page.get_by_label("API key", exact=True).fill(auth_service.create_key("alice"))
        studio.page.get_by_label("Remember on this device").check()
        studio.page.get_by_role("button", name="Continue").click()
        studio.generate("A red fox")
        expect(studio.find("#gallery li")).to_have_count(1)
        studio.page.get_by_role("radio", name="Dark", exact=True).last.check()
        expect(studio.find("html")).to_have_attribute("data-theme", "dark")
        studio.page.reload()
        expect(studio.find("#key-dialog")).to_be_visible()


def test_reference_works_without_storage(tabs: Tabs, service: Service) -> None:
    """The page of the API's reference shows its calls."""
    page = opened(tabs, f"{service.url}/docs", _RAISE)
    expect(page.get_by_text("/generate-image", exact=True)).to_be_visible()
