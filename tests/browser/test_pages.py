"""The pages around the studio: navigation, usage, missing addresses, and the reference."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.studio import DESKTOP, Studio, Tabs
from tests.support.service import Service, serving, settings_for


def test_pages_lead_to_each_other(tabs: Tabs, service: Service) -> None:
    """Every page has the same header, names itself in it, and has no barrier for anyone."""
    service.generate("A red fox")
    studio = tabs.studio(service.url)
    page, seen = studio.page, []
    for name, path in (("Gallery", "/gallery"), ("Usage", "/usage"), ("API", "/docs")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(f"{service.url}{path}")
        expect(page.locator("nav [aria-current=page]")).to_have_text(name)
        seen.append(page.title())
    page.get_by_role("link", name="Image Generator").click()
    expect(page).to_have_url(f"{service.url}/")
    assert len({*seen, page.title()}) == 4
    page.goto(f"{service.url}/usage")
    expect(page.locator("#figures")).to_contain_text("Images1")
    page.go_back()
    page.go_forward()
    expect(page.locator("#days tbody tr")).to_have_count(1)
    page.goto(f"{service.url}/images/00000000-0000-4000-8000-000000000000.png")
    expect(page.get_by_role("heading", level=1)).to_have_text("Image not found")
    page.goto(f"{service.url}/nowhere")
    expect(page.get_by_role("heading", level=1)).to_contain_text("nothing at this address")
    for width in (320, 1440):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": DESKTOP[1]})
            for path in ("/nowhere", "/gallery", "/usage", "/"):
                page.goto(f"{service.url}{path}")
                page.wait_for_load_state("networkidle")
                assert studio.axe_problems() == [], (width, scheme, path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_usage_shows_what_is_left(tabs: Tabs, tmp_path: Path) -> None:
    """The page shows the budget, a bar for each day, and an error instead of old figures."""
    settings = settings_for(data_dir=tmp_path, server_budget="20/day")
    with serving(settings) as service:
        service.generate("A red fox")
        studio = Studio(tabs.open(f"{service.url}/usage"))
        expect(studio.find("#figures")).to_contain_text("$20.00")
        expect(studio.find("#bars span")).to_have_count(30)
        studio.page.get_by_label("Period").select_option("7 days")
        expect(studio.find("#bars span")).to_have_count(7)
        expect(studio.find("#days tbody tr")).to_have_text(re.compile("1.*0.00"))


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
