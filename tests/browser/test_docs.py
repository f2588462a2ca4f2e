"""The API reference page."""

import re

from playwright.sync_api import expect

from tests.support.browser.studio import Tabs
from tests.support.service import Service


def test_the_reference_lists_and_runs_calls(tabs: Tabs, service: Service) -> None:
    """Every operation is listed, and one generates an image without policy violations."""
    page = tabs.open(f"{service.url}/docs")
    description = service.get("/openapi.json").json()
    calls = sum(len(methods) for methods in description["paths"].values())
    expect(page.locator(".opblock")).to_have_count(calls)
    post = page.locator("#operations-generation-generateImage")
    post.locator(".opblock-summary-control").click()
    post.locator("textarea.body-param__text").fill('{"prompt": "A red fox"}')
    post.get_by_role("button", name="Execute").click()
    expect(post.locator(".live-responses-table")).to_contain_text(re.compile(r"filename.*\.png"))
    assert [image["prompt"] for image in service.images()] == ["A red fox"]
