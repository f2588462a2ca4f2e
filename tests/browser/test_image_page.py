"""The page of one image: editing, undo, presets, files, deletion, also by keyboard."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from app.blueprints.pages.image import file_stem
from tests.support.browser.image_page import generated, opened, query_of, shows
from tests.support.browser.studio import DESKTOP, PHONE, Studio, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.service import Service

# The shifts come before the navigation, which every page has: entries are in the observers' order.
_SHIFTS = """new Promise((done) => {
  const shifts = [];
  const observer = new PerformanceObserver((list) => {
    shifts.push(...list.getEntriesByType("layout-shift").map((each) => each.value));
    if (list.getEntriesByType("navigation").length) done(shifts);
  });
  for (const type of ["layout-shift", "navigation"]) observer.observe({ type, buffered: true });
})"""


def test_edits_are_the_address_the_file_and_the_snippets(
    tabs: Tabs, service: Service, tmp_path: Path
) -> None:
    """What is edited is shown, downloaded and written, survives a reload, and can be undone."""
    image_id = generated(service)
    studio = opened(tabs, service, image_id)
    page = studio.page
    shows(page, 1024, 1024, "w=1024")
    assert query_of(page) == ""
    page.get_by_label("Width, as a number", exact=True).fill("128")
    page.get_by_label("Custom height").check()
    page.get_by_label("Height, as a number", exact=True).fill("96")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Add a filter").select_option("duotone")
    page.get_by_label("Add a filter").select_option("blur")
    page.get_by_label("Blur: move up").click()
    page.get_by_text("Outline and shadow").click()
    page.get_by_label("Outline", exact=True).check()
    query = "w=128&h=96&outline=12,ffffff&filter=blur:4&filter=duotone:1e1450,ffdc96&scale_from=512"
    shows(page, 128, 96, query)
    expect(page).to_have_url(f"{service.url}/p/{image_id}?{query}")
    address = f"{service.url}/images/{image_id}.png?{query}"
    expect(studio.find("#snippet")).to_have_value(address)
    attributes = 'width="128" height="96" alt="A &quot;red&quot; fox"'
    for kind, part in {
        "img": f'<img src="{address.replace("&", "&amp;")}" {attributes}>',
        "srcset": f"{address.replace('w=128&h=96', 'w=256&h=192').replace('&', '&amp;')} 2x",
        "picture": '<source type="image/avif" srcset="',
        "markdown": f'![A "red" fox]({address})',
        "css": f'background: url("{address}")',
        "react": f'src={{"{address}"}} width={{128}} height={{96}} alt={{"A \\"red\\" fox"}}',
        "next": f'remotePatterns: [new URL("{service.url}/images/**")]',
        "curl": f"curl -o 'a-red-fox.png' '{address}'",
        "fetch": f'await fetch("{address}")',
        "python": f'requests.get("{address}", timeout=60)',
    }.items():
        page.get_by_label("Copy as").select_option(kind)
        expect(studio.find("#snippet")).to_have_value(re.compile(re.escape(part)))
    page.get_by_label("Format").select_option("jpeg")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "image")
    assert download.value.suggested_filename == "a-red-fox.jpg"
    file = (tmp_path / "image").read_bytes()
    assert file == service.get(f"/images/{image_id}.png?{query}&format=jpeg").content
    with Image.open(io.BytesIO(file)) as image:
        assert (image.format, image.size) == ("JPEG", (128, 96))
    expect(page).to_have_url(re.compile("format=jpeg"))
    page.reload()
    shows(page, 128, 96)
    expect(page.get_by_label("Format")).to_have_value("jpeg")
    expect(page.get_by_label("Outline", exact=True)).to_be_checked()
    page.keyboard.press("Control+z")
    shows(page, 128, 96, query)
    expect(page.get_by_label("Format")).to_have_value("png")
    page.keyboard.press("Control+Shift+Z")
    expect(page).to_have_url(re.compile("format=jpeg"))
    page.get_by_role("button", name="Reset").click()
    shows(page, 1024, 1024, "w=1024")
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile("format=jpeg"))
    known = (
        "(prompt) => import('../static/studio/image/files.js').then((it) => it.fileStem({prompt}))"
    )
    for prompt in ("Ein Fuchs über Köln!", "❤️ fox 1️⃣", "cafe\u0301 नीली", "word " * 30, "w" * 70):
        assert page.evaluate(known, prompt) == file_stem(prompt), "as without JavaScript"


def test_presets_apply_to_other_images(tabs: Tabs, service: Service) -> None:
    """Edits are saved under a name, kept for the next image, and deleted."""
    first, second = generated(service), generated(service, "An owl")
    page = opened(tabs, service, first).page
    page.get_by_label("Preset", exact=True).select_option("Sticker")
    expect(page.get_by_label("Padding, as a number")).to_have_value("48")
    page.get_by_label("Width, as a number", exact=True).fill("300")
    page.get_by_label("Name of the preset").fill("Shop")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{service.url}/p/{second}")
    page.get_by_label("Preset", exact=True).select_option("Shop")
    shows(page, 300, 300)
    expect(page).to_have_url(re.compile("outline=12,ffffff"))
    page.get_by_role("button", name="Delete preset").click()
    page.reload()
    expect(page.locator("#preset option", has_text="Shop")).to_have_count(0)


def test_the_preview_follows_a_slider(tabs: Tabs, service: Service) -> None:
    """It is painted again while the slider moves, and in the end shows the file itself.

    The movement goes on until three images were painted. A preview that waits for the slider to
    rest would not be painted at all. No answer that is painted is older than the one before.
    """
    page = opened(tabs, service, generated(service)).page
    shows(page, 1024, 1024)
    page.get_by_text("Color", exact=True).click()
    last = page.evaluate(
        """() => new Promise((done, fail) => {
          setTimeout(fail, 60000, "not painted");
          const slider = document.querySelector("#field-hue-0");
          let painted = 0;
          document.querySelector("#image").addEventListener("load", () => { painted += 1; });
          const timer = setInterval(() => {
            slider.value = (Number(slider.value) + 1) % 180;
            slider.dispatchEvent(new Event("input"));
            if (painted < 3) return;
            clearInterval(timer);
            done(Number(slider.value));
          }, 20);
        })"""
    )
    shows(page, 1024, 1024, f"w=1024&hue={last}")


def test_the_preview_stays_in_sight(tabs: Tabs, service: Service) -> None:
    """It is whole in the window while one scrolls to the last control."""
    studio = opened(tabs, service, generated(service))
    shows(studio.page, 1024, 1024)
    studio.page.get_by_text("Outline and shadow").click()
    studio.page.get_by_label("Outline", exact=True).check()
    for width, height in ((320, 640), PHONE, (820, 600), (1280, 600)):
        studio.page.set_viewport_size({"width": width, "height": height})
        studio.page.evaluate("scrollTo(0, 0)")
        studio.page.get_by_label("Outline color").scroll_into_view_if_needed()
        expect(studio.find("#image")).to_be_in_viewport(ratio=0.999)
        studio.find("#delete").scroll_into_view_if_needed()
        expect(studio.find("#image")).to_be_in_viewport(ratio=0.999)


def test_nothing_moves_while_the_page_loads(tabs: Tabs, service: Service) -> None:
    """The first image is a smaller file, loaded before the file itself; nothing is shifted."""
    image_id = generated(service, "An owl reading a book")
    for size in (PHONE, DESKTOP, (320, 568)):
        page = opened(tabs, service, image_id, size).page
        shows(page, 1024, 1024, "w=1024")
        files = page.evaluate(
            "performance.getEntriesByType('resource').map((each) => each.name)"
            ".filter((each) => each.includes('.png?'))"
        )
        assert [each.partition("format=")[2] for each in files[:2]] == ["webp", ""], files
        assert page.evaluate(_SHIFTS) == [], size


def test_without_javascript_there_is_no_dead_control(tabs: Tabs, service: Service) -> None:
    """The image and its downloads are shown, and nothing that needs the script."""
    context = tabs.browser.new_context(java_script_enabled=False)
    tabs.contexts.append(context)
    page = context.new_page()
    page.goto(f"{service.url}/p/{generated(service)}")
    expect(page.locator("#image")).to_be_visible()
    expect(page.locator(".downloads a").first).to_be_visible()
    expect(page.locator("button:visible, select:visible, input:visible")).to_have_count(0)
    expect(page.locator(".scripted-only:visible")).to_have_count(0)


def test_deleting_can_be_undone(tabs: Tabs, service: Service) -> None:
    """A deletion can be undone, and is sent when the page is left."""
    page = opened(tabs, service, generated(service)).page
    page.get_by_role("button", name="Delete image").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    assert len(service.images()) == 1
    page.get_by_role("button", name="Delete image").click()
    expect(page.locator("#toasts")).to_contain_text("Image deleted.")
    assert len(service.images()) == 1
    page.goto(f"{service.url}/docs")
    wait_until(lambda: not service.images())


def test_keyboard_operates_everything(studio: Studio, service: Service) -> None:
    """Generate, open the image's page, edit it and return by keyboard."""
    keyboard = studio.page.keyboard
    keyboard.press("Tab")
    expect(studio.find(".skip")).to_be_focused()
    keyboard.press("Enter")
    expect(studio.find("#prompt")).to_be_focused()
    keyboard.type("A red fox")
    studio.find("#generate").focus()
    keyboard.press("Enter")
    expect(studio.find("#open-result")).to_be_visible()
    studio.find("#open-result").focus()
    keyboard.press("Enter")
    expect(studio.page).to_have_url(re.compile("/p/"))
    shows(studio.page, 1024, 1024)
    studio.page.get_by_label("Width", exact=True).focus()
    keyboard.press("ArrowRight")
    shows(studio.page, 1025, 1025)
    image_id = studio.page.url.split("/p/")[1].partition("?")[0]
    studio.page.goto(f"{service.url}/gallery#{image_id}")
    expect(studio.page).to_have_url(f"{service.url}/p/{image_id}")
