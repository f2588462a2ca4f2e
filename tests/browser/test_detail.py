"""One picture: edited, downloaded, copied, deleted; also by keyboard alone."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.support.browser.studio import Studio, Tabs
from tests.support.concurrency.eventually import eventually
from tests.support.service import Service, serving, settings_for


def drawn(service: Service, prompt: str = 'A "red" fox') -> str:
    """Draw a picture and return its id."""
    name: str = service.generate(prompt).json()["filename"]
    return name.removesuffix(".png")


def opened(tabs: Tabs, service: Service, image_id: str) -> Studio:
    """Open the studio by a link to a picture."""
    studio = tabs.studio(f"{service.url}/#{image_id}".replace("/#", "#"))
    studio.page.goto(f"{service.url}/#{image_id}")
    expect(studio.see("#detail")).to_be_visible()
    return studio


def shows(studio: Studio, width: int, height: int) -> None:
    """Wait until the picture has this many pixels."""
    studio.page.wait_for_function(
        "([w, h]) => { const it = document.querySelector('#detail-picture');"
        " return it.complete && it.naturalWidth === w && it.naturalHeight === h; }",
        arg=[width, height],
    )


def test_edits_write_the_address_and_are_downloaded(
    tabs: Tabs, service: Service, tmp_path: Path
) -> None:
    """A slider, a filter and an outline change picture and address, and every text for copying."""
    image_id = drawn(service)
    studio = opened(tabs, service, image_id)
    shows(studio, 256, 256)
    page = studio.page
    page.get_by_label("Width, as a number", exact=True).fill("128")
    page.get_by_label("Height of its own").check()
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
    expect(studio.see("#snippet")).to_have_value(address)
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
        expect(studio.see("#snippet")).to_have_value(re.compile(re.escape(part)))
    page.get_by_label("Download").fill("300")
    for form in ("png", "webp", "avif"):
        with page.expect_download() as download:
            page.locator(f"[data-download={form}]").click()
        download.value.save_as(tmp_path / "picture")
        assert download.value.suggested_filename == f"{image_id}.{form}"
        with Image.open(io.BytesIO((tmp_path / "picture").read_bytes())) as picture:
            assert (picture.format, picture.size) == (form.upper(), (300, 225))
    page.get_by_role("button", name="Reset").click()
    shows(studio, 256, 256)


def test_deleting_can_be_undone(tabs: Tabs, service: Service) -> None:
    """A deleted picture is hidden at once, comes back if undone, and goes when the page is left."""
    image_id = drawn(service)
    studio = opened(tabs, service, image_id)
    expect(studio.see("#gallery li")).to_have_count(1)
    card = studio.see("#gallery li")
    studio.page.get_by_role("button", name="Delete picture").click()
    expect(card).to_be_hidden()
    studio.page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    assert len(service.images()) == 1
    card.get_by_role("link").click()
    studio.page.get_by_role("button", name="Delete picture").click()
    expect(card).to_be_hidden()
    tabs_left = studio.page
    assert len(service.images()) == 1
    tabs_left.goto(f"{service.url}/docs")
    eventually(lambda: not service.images())


def test_the_keyboard_is_enough(studio: Studio, service: Service) -> None:
    """Who uses no mouse can draw, look, edit and close, and is then where they were."""
    keyboard = studio.page.keyboard
    keyboard.press("Tab")
    expect(studio.see(".skip")).to_be_focused()
    keyboard.press("Enter")
    expect(studio.see("#prompt")).to_be_focused()
    keyboard.type("A red fox")
    for _ in range(5):
        keyboard.press("Tab")
    expect(studio.see("#generate")).to_be_focused()
    keyboard.press("Enter")
    expect(studio.see("#open-result")).to_be_visible()
    expect(studio.see("#generate")).to_be_focused()
    link = studio.see("#open-result")
    for _ in range(9):
        if link.evaluate("(it) => it === document.activeElement"):
            break
        keyboard.press("Tab")
    expect(link).to_be_focused()
    keyboard.press("Enter")
    expect(studio.see("#detail")).to_be_visible()
    expect(studio.see("#detail-close")).to_be_focused()
    studio.page.get_by_label("Width", exact=True).focus()
    keyboard.press("ArrowRight")
    shows(studio, 257, 257)
    keyboard.press("Escape")
    expect(studio.see("#detail")).to_be_hidden()
    expect(link).to_be_focused()
    expect(studio.page).to_have_url(f"{service.url}/")


def test_a_server_that_wants_signatures_says_so(tabs: Tabs, tmp_path: Path) -> None:
    """Where only signed variants are served, an edit is refused in words; the picture stays."""
    settings = settings_for(data_dir=tmp_path, variant_signing_keys="s" * 32)
    with serving(settings) as service:
        studio = opened(tabs, service, drawn(service))
        shows(studio, 256, 256)
        studio.page.get_by_label("Width, as a number", exact=True).fill("64")
        expect(studio.see("#detail-status")).to_contain_text("only variants that its operator")
        shows(studio, 256, 256)
