"""The page of one image where the server restricts it, and what else it offers."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.image_page import generated, opened, shows
from tests.support.browser.studio import Tabs
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.service import Service, serving, settings_for


def test_signed_variants_only_is_explained(tabs: Tabs, tmp_path: Path) -> None:
    """Where only signed variants are served, the page says so and offers the plain image."""
    settings = settings_for(data_dir=tmp_path, variant_signing_keys="s" * 32)
    with serving(settings) as service:
        studio = opened(tabs, service, generated(service))
        expect(studio.find("#file-status")).to_contain_text("serves signed variants only")
        expect(studio.find("#editor")).to_be_hidden()
        shows(studio.page, 256, 256)
        with studio.page.expect_download() as download:
            studio.page.get_by_role("button", name="Download", exact=True).click()
        assert download.value.suggested_filename == "a-red-fox.png"


def test_private_images_are_shown_with_a_key(tabs: Tabs, tmp_path: Path) -> None:
    """The page asks for the key, then shows the image, its prompt and edits of it."""
    with serving_with_keys(data_dir=tmp_path, public_images=False) as auth_service:
        key = auth_service.create_key("alice")
        image_id = auth_service.create_image(key).rpartition("/")[2].removesuffix(".png")
        page = tabs.open(f"{auth_service.service.url}/p/{image_id}?w=300")
        page.get_by_label("API key", exact=True).fill(key)
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#prompt")).to_have_text("A red fox")
        shows(page, 300, 300)
        page.get_by_label("Width, as a number", exact=True).fill("200")
        shows(page, 200, 200)


def test_words_colors_and_packs(tabs: Tabs, service: Service) -> None:
    """A color is replaced, a pack is downloaded, and an edit in words is paid for once."""
    image_id = generated(service)
    studio = opened(tabs, service, image_id, (1280, 900))
    page = studio.page
    page.get_by_text("Palette", exact=True).click()
    color = page.get_by_label(re.compile("^Replace #")).first
    name = (color.get_attribute("aria-label") or "")[-6:]
    color.fill("#00aa44")
    shows(page, 1024, 1024, f"w=1024&recolor={name}:00aa44")
    page.get_by_label("Pack", exact=True).select_option("slack")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download pack").click()
    assert download.value.suggested_filename == "a-red-fox-slack.zip"
    keys: list[str | None] = []
    page.on("request", lambda sent: keys.append(sent.headers.get("idempotency-key")))
    page.route("**/edits", lambda route: route.abort(), times=1)
    page.get_by_label("What should change?").fill("Make it blue")
    page.locator("#words-submit").click()
    expect(studio.find("#words-status")).to_contain_text("You won't be charged twice.")
    page.reload()
    expect(page.get_by_label("What should change?")).to_have_value("Make it blue")
    page.locator("#words-submit").click()
    expect(page).not_to_have_url(re.compile(image_id))
    expect(studio.find("#relatives a")).to_have_attribute("href", f"/p/{image_id}")
    assert len({key for key in keys if key}) == 1
    assert len(service.images()) == 2
    link = page.get_by_role("link", name="Use the prompt again")
    expect(link).to_have_attribute("href", "/?prompt=Make%20it%20blue")
