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
    expect(page.locator("#generate")).to_be_enabled()
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
    for path in ("/nowhere", "/gallery", "/usage", "/"):
        page.goto(f"{service.url}{path}")
        page.wait_for_load_state("networkidle")
        for width in (320, 1440):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": DESKTOP[1]})
                assert studio.axe_problems() == [], (width, scheme, path)
                studio.expect_no_overflow()


def test_the_theme_can_be_chosen(tabs: Tabs, service: Service) -> None:
    """The system's, light or dark, for all pages and tabs, before anything is painted."""
    page = tabs.open(f"{service.url}/usage", scheme="dark")
    other = page.context.new_page()
    other.goto(f"{service.url}/nowhere")
    root, light = page.locator("html"), "rgb(250, 247, 242)"
    paint = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paint)
    page.get_by_role("radio", name="Light").check()
    for each in (page, other):
        each.wait_for_function(f"{paint} === '{light}'")
    expect(other.get_by_role("radio", name="Light")).to_be_checked()
    page.goto(f"{service.url}/docs")
    expect(root).to_have_attribute("data-theme", "light")
    expect(root).not_to_have_class(re.compile("dark-mode"))
    page.get_by_role("radio", name="Auto").check()
    page.wait_for_function(f"{paint} === '{dark}'")
    expect(root).to_have_class(re.compile("dark-mode"))
    page.get_by_role("radio", name="Light").check()
    page.emulate_media(forced_colors="active")
    expect(page.locator("#theme")).to_be_hidden()
    head = service.get("/usage", headers={"Accept": "text/html"}).text
    first = re.search(r"<script[^>]*>|<link rel=.stylesheet[^>]*>", head)
    assert first is not None
    assert re.fullmatch(r'<script src="[^"]*/theme\.js[^"]*">', first[0]), (
        "it blocks the first paint"
    )


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
