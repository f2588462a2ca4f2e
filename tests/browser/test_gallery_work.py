"""Work on many images in the gallery: stars, tags, trash, ZIP files, and the keyboard."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser.studio import DESKTOP, Studio, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.service import Service, serving, settings_for

PROMPTS = ("A red fox", "A blue whale", "A green frog", "An owl: “wise”")


def opened(tabs: Tabs, service: Service, query: str = "") -> tuple[Studio, Page]:
    """Open the gallery of a service with an image of each prompt, the last one first."""
    studio = Studio(tabs.open(f"{service.url}/gallery{query}", DESKTOP))
    return studio, studio.page


def test_images_are_organized(tabs: Tabs, tmp_path: Path) -> None:
    """Stars, tags and the trash are filters, which are in the address."""
    with serving(settings_for(data_dir=tmp_path, trash_days=7)) as service:
        for prompt in PROMPTS:
            service.generate(prompt)
        studio, page = opened(tabs, service)
        cards = studio.find("#gallery li:visible")
        expect(cards).to_have_count(4)
        cards.nth(1).hover()
        page.get_by_role("button", name="Star: A green frog").click()
        wait_until(lambda: any(image["starred"] for image in service.images()))
        page.get_by_role("button", name="Select", exact=True).click()
        page.get_by_label("Select: A red fox").check()
        page.get_by_role("link", name="A blue whale").click()
        expect(studio.find("#selected-count")).to_have_text("2 selected")
        page.get_by_role("button", name="Add a tag").click()
        page.get_by_label("Tag of the selected images").fill("Series 1")
        assert studio.axe_problems() == []
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Series 1").first.click()
        expect(cards).to_have_count(2)
        expect(studio.find("#gallery-status")).to_have_text("2 results")
        expect(page).to_have_url(re.compile(r"\?tag=Series\+1$"))
        page.reload()
        expect(cards).to_have_count(2)
        page.get_by_role("searchbox", name="Tag").fill("")
        page.get_by_label("Show").select_option("Starred")
        expect(cards).to_contain_text(["A green frog"])
        page.get_by_label("Show").select_option("All images")
        page.get_by_label("Order").select_option("Oldest first")
        expect(cards.first).to_contain_text("A red fox")
        page.goto(f"{service.url}/gallery")
        page.get_by_role("button", name="Select", exact=True).click()
        for prompt in PROMPTS[:2]:
            page.get_by_label(f"Select: {prompt}").check()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(cards).to_have_count(2)
        expect(studio.find("#gallery-status")).to_have_text("2 images")
        page.goto(f"{service.url}/usage")  # what is deleted is sent when the page is left
        wait_until(lambda: len(service.images()) == 2)
        page.goto(f"{service.url}/gallery?trashed=true")
        expect(cards).to_have_count(2)
        assert studio.axe_problems() == []
        page.get_by_role("button", name="Select", exact=True).click()
        page.get_by_label("Select: A red fox").check()
        page.get_by_role("button", name="Restore").click()
        expect(cards).to_have_count(1)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_label("Select: A blue whale").check()
        page.get_by_role("button", name="Delete for good").click()
        expect(studio.find("#gallery-status")).to_have_text("The trash is empty.")
        wait_until(lambda: len(service.images()) == 3)


def test_images_are_filtered_by_verdict(tabs: Tabs, service: Service) -> None:
    """The filter is in the address; a verdict that doesn't exist there is none."""
    for prompt in PROMPTS[2:]:
        service.generate(prompt)
    studio, page = opened(tabs, service, "?verdict=splendid")
    cards, verdict = studio.find("#gallery li:visible"), page.get_by_label("Cutout")
    expect(cards).to_have_count(2)
    verdict.select_option("Good")
    found = [image["cutout"]["verdict"] for image in service.images()]
    expect(cards).to_have_count(found.count("good"))
    verdict.select_option("Not cut out")
    expect(studio.find("#gallery-status")).to_have_text("No results for “Not cut out”.")
    expect(page).to_have_url(re.compile(r"\?verdict=bad$"))
    page.reload()
    expect(verdict).to_have_value("bad")
    assert studio.axe_problems() == []


def test_selected_images_are_one_file(tabs: Tabs, service: Service, tmp_path: Path) -> None:
    """The ZIP file has each selected image, in the order of the gallery."""
    for prompt in PROMPTS[1:]:
        service.generate(prompt)
    studio, page = opened(tabs, service)
    page.get_by_role("button", name="Select", exact=True).click()
    for number in range(2):
        studio.find("#gallery .pick input").nth(number).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ZIP").click()
    assert download.value.suggested_filename == "images.zip"
    download.value.save_as(tmp_path / "images.zip")
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [image["filename"] for image in service.images()[:2]]


def test_keys_work_on_images(tabs: Tabs, service: Service) -> None:
    """Search, move, delete and undo by keyboard; single keys can be switched off."""
    for prompt in PROMPTS[:3]:
        service.generate(prompt)
    studio, page = opened(tabs, service)
    cards, press = studio.find("#gallery li:visible"), page.keyboard.press
    expect(cards).to_have_count(3)
    press("ArrowRight")
    press("ArrowRight")
    expect(page.get_by_role("link", name="A blue whale")).to_be_focused()
    press("Delete")
    expect(cards).to_have_count(2)
    expect(page.get_by_role("link", name="A red fox")).to_be_focused()
    press("Control+z")
    expect(cards).to_have_count(3)
    press("?")
    expect(studio.find("#shortcuts")).to_be_visible()
    assert studio.axe_problems() == []
    expect(studio.find("#shortcut-list dt")).to_have_count(7)
    page.get_by_label("Use single keys").uncheck()
    press("Escape")
    press("/")
    expect(studio.find("#search")).not_to_be_focused()
    page.reload()
    expect(cards).to_have_count(3)
    press("?")
    expect(studio.find("#shortcuts")).to_be_hidden()
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(cards).to_have_count(3)
    press("/")
    expect(studio.find("#search")).to_be_focused()
    page.keyboard.type("whale/")
    expect(studio.find("#search")).to_have_value("whale/")
    press("Backspace")
    expect(cards).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=whale$"))
