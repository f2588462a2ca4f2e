"""The page is left while an image is generated: it is paid for once, and shown in the end."""

import threading
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser.studio import Studio, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.service import patient_settings, serving, settings_for

WAITING = "Still being generated."


def test_a_left_page_rejoins_its_request(
    tabs: Tabs, tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """After a reload, another page of the site, a crash and in a second tab."""
    end = threading.Event()
    fake_openai.script("images", Fault.until(end))
    with serving(settings_for(data_dir=tmp_path, **patient_settings(fake_openai))) as service:
        studio = tabs.studio(service.url)
        studio.page.get_by_label("Aspect ratio").select_option("3:2, wide")
        studio.submit("A red fox")
        studio.expect_status("Generating …")
        studio.page.reload()
        studio.expect_status(WAITING)
        studio.page.get_by_role("link", name="API", exact=True).click()
        expect(studio.page).to_have_url(f"{service.url}/docs")
        studio.page.go_back()
        studio.expect_status(WAITING)
        expect(studio.page.get_by_label("Aspect ratio")).to_have_value("1536x1024")
        first, second = another_tab(studio.page, service.url), another_tab(studio.page, service.url)
        studio.page.close(run_before_unload=False)
        for tab in (first, second):
            tab.expect_status(WAITING)
        end.set()
        for tab in (first, second):
            tab.expect_status("Done in")
            expect(tab.page.get_by_label("Describe your image")).to_have_value("A red fox")
        first.page.reload()
        expect(first.find("#gallery li")).to_have_count(1)
        expect(first.find("#status")).to_be_empty()
        assert len(service.images()) == 1
    assert fake_openai.paid == 1


def test_a_refused_request_is_not_repeated_by_itself(
    tabs: Tabs, tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """After a reload the user decides; another request gets another image."""
    fake_openai.script("images", Fault.moderation_blocked())
    with serving(settings_for(data_dir=tmp_path, **patient_settings(fake_openai))) as service:
        studio = tabs.studio(service.url)
        studio.submit("A red fox")
        studio.expect_status("You weren't charged.")
        studio.page.reload()
        expect(studio.find("#generate")).to_be_enabled()
        expect(studio.find("#status")).to_be_empty()
        studio.generate("A red fox")
        studio.generate("A red fox")
        wait_until(lambda: len(service.images()) == 2)
    assert fake_openai.paid == 2


def another_tab(page: Page, url: str) -> Studio:
    """Open the studio in another tab of the same browser."""
    studio = Studio(page.context.new_page())
    studio.page.goto(f"{url}/")
    return studio
