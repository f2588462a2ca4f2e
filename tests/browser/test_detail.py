"""The detail dialog: editing, downloading, copying and deleting, also by keyboard."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser.studio import PHONE, Studio, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.service import Service, serving, settings_for


def generated(service: Service, prompt: str = 'A "red" fox') -> str:
    """Generate an image and return its id."""
    name: str = service.generate(prompt).json()["filename"]
    return name.removesuffix(".png")


def opened(tabs: Tabs, service: Service, image_id: str) -> Studio:
    """Open the studio at the link of an image."""
    studio = tabs.studio(f"{service.url}/#{image_id}".replace("/#", "#"))
    studio.page.goto(f"{service.url}/#{image_id}")
    expect(studio.find("#detail")).to_be_visible()
    return studio


def shows(studio: Studio, width: int, height: int) -> None:
    """Wait until the preview has this size in pixels."""
    studio.page.wait_for_function(
        "([w, h]) => { const it = document.querySelector('#detail-image');"
        " return it.complete && it.naturalWidth === w && it.naturalHeight === h; }",
        arg=[width, height],
    )


def test_edits_change_url_snippets_and_downloads(
    tabs: Tabs, service: Service, tmp_path: Path
) -> None:
    """Controls, filters and an outline change the preview, the URL and every snippet."""
    image_id = generated(service)
    studio = opened(tabs, service, image_id)
    shows(studio, 256, 256)
    page = studio.page
    page.get_by_label("Width, as a number", exact=True).fill("128")
    page.get_by_label("Set the height").check()
    page.get_by_label("Height, as a number", exact=True).fill("96")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Add a filter").select_option("duotone")
    page.get_by_label("Add a filter").select_option("blur")
    page.get_by_label("Blur: apply earlier").click()
    page.get_by_text("Outline and shadow").click()
    page.get_by_label("Outline", exact=True).check()
    shows(studio, 128, 96)
    query = "w=128&h=96&outline=6,ffffff&filter=blur:2&filter=duotone:1e1450,ffdc96"
    address = f"{service.url}/images/{image_id}.png?{query}"
    expect(studio.find("#snippet")).to_have_value(address)
    assert service.get(f"/images/{image_id}.png?{query}").status_code == 200
    for kind, part in {
        "img": f'<img src="{address.replace("&", "&amp;")}" width="128" height="96" '
        'alt="A &quot;red&quot; fox">',
        "markdown": f'![A "red" fox]({address})',
        "curl": f"curl -o {image_id}.png '{address}'",
        "fetch": f'await fetch("{address}")',
        "python": f'requests.get("{address}", timeout=60)',
    }.items():
        page.get_by_label("Copy as").select_option(kind)
        expect(studio.find("#snippet")).to_have_value(re.compile(re.escape(part)))
    page.get_by_label("Width, as a number", exact=True).fill("300")
    for form in ("PNG", "WebP", "AVIF", "JPEG"):
        page.get_by_label("Format").select_option(form)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download this file").click()
        download.value.save_as(tmp_path / "image")
        assert download.value.suggested_filename == f"{image_id}.{form.lower()}"
        with Image.open(io.BytesIO((tmp_path / "image").read_bytes())) as image:
            assert (image.format, image.size) == (form.upper(), (300, 96))
    page.get_by_role("button", name="Reset").click()
    shows(studio, 256, 256)


def test_the_preview_follows_a_slider(tabs: Tabs, service: Service) -> None:
    """It is painted again while the slider moves, and in the end shows the last value.

    The movement goes on until three images were painted. A preview that waits for the slider to
    rest would not be painted at all.
    """
    studio = opened(tabs, service, generated(service))
    shows(studio, 256, 256)
    last = studio.page.evaluate(
        """() => new Promise((done, fail) => {
          setTimeout(fail, 60000, "not painted");
          const slider = document.querySelector("#editor [type=range]");
          let painted = 0;
          document.querySelector("#detail-image").addEventListener("load", () => { painted += 1; });
          const timer = setInterval(() => {
            slider.value = 200 + (Number(slider.value) + 1) % 50;
            slider.dispatchEvent(new Event("input"));
            if (painted < 3) return;
            clearInterval(timer);
            done(Number(slider.value));
          }, 20);
        })"""
    )
    shows(studio, last, last)


@pytest.mark.parametrize("size", [(320, 640), PHONE, (820, 600), (1280, 600)], ids=str)
def test_the_preview_stays_in_sight(tabs: Tabs, service: Service, size: tuple[int, int]) -> None:
    """It is whole in the window while one scrolls to the last control."""
    image_id = generated(service)
    studio = opened(tabs, service, image_id)
    studio.page.set_viewport_size({"width": size[0], "height": size[1]})
    shows(studio, 256, 256)
    studio.page.get_by_text("Outline and shadow").click()
    studio.page.get_by_label("Outline", exact=True).check()
    studio.page.get_by_label("Outline color").scroll_into_view_if_needed()
    expect(studio.find("#detail-image")).to_be_in_viewport(ratio=0.999)


def test_deleting_can_be_undone(tabs: Tabs, service: Service) -> None:
    """A deletion hides the card, can be undone, and is sent when the page is left."""
    image_id = generated(service)
    studio = opened(tabs, service, image_id)
    expect(studio.find("#gallery li")).to_have_count(1)
    card, status = studio.find("#gallery li"), studio.find("#gallery-status")
    expect(status).to_have_text("1 image")
    studio.page.get_by_role("button", name="Delete image").click()
    expect(card).to_be_hidden()
    expect(status).to_contain_text("No images yet.")
    studio.page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    expect(status).to_have_text("1 image")
    assert len(service.images()) == 1
    card.get_by_role("link").click()
    studio.page.get_by_role("button", name="Delete image").click()
    expect(card).to_be_hidden()
    tabs_left = studio.page
    assert len(service.images()) == 1
    tabs_left.goto(f"{service.url}/docs")
    wait_until(lambda: not service.images())


def test_keyboard_operates_everything(studio: Studio, service: Service) -> None:
    """Generate, open, edit and close by keyboard; the focus returns to where it was."""
    keyboard = studio.page.keyboard
    keyboard.press("Tab")
    expect(studio.find(".skip")).to_be_focused()
    keyboard.press("Enter")
    expect(studio.find("#prompt")).to_be_focused()
    keyboard.type("A red fox")
    for _ in range(5):
        keyboard.press("Tab")
    expect(studio.find("#generate")).to_be_focused()
    keyboard.press("Enter")
    expect(studio.find("#open-result")).to_be_visible()
    expect(studio.find("#generate")).to_be_focused()
    link = studio.find("#open-result")
    for _ in range(9):
        if link.evaluate("(it) => it === document.activeElement"):
            break
        keyboard.press("Tab")
    expect(link).to_be_focused()
    keyboard.press("Enter")
    expect(studio.find("#detail")).to_be_visible()
    expect(studio.find("#detail-close")).to_be_focused()
    studio.page.get_by_label("Width", exact=True).focus()
    keyboard.press("ArrowRight")
    shows(studio, 257, 257)
    keyboard.press("Escape")
    expect(studio.find("#detail")).to_be_hidden()
    expect(link).to_be_focused()
    expect(studio.page).to_have_url(f"{service.url}/")


def test_signed_variants_only_is_explained(tabs: Tabs, tmp_path: Path) -> None:
    """Where only signed variants are served, an edit shows why; the preview stays."""
    settings = settings_for(data_dir=tmp_path, variant_signing_keys="s" * 32)
    with serving(settings) as service:
        studio = opened(tabs, service, generated(service))
        shows(studio, 256, 256)
        studio.page.get_by_label("Width, as a number", exact=True).fill("64")
        expect(studio.find("#detail-status")).to_contain_text("serves signed variants only")
        shows(studio, 256, 256)
