"""Progress, previews and broken connections while a model generates."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.studio import PHONE, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.service import Service, patient_settings, serving, settings_for


@pytest.fixture
def paid(fake_openai: FakeOpenAI, tmp_path: Path) -> Iterator[Service]:
    """Serve with a paid model."""
    with serving(settings_for(data_dir=tmp_path, **patient_settings(fake_openai))) as service:
        yield service


def test_previews_show_while_generating(tabs: Tabs, paid: Service, fake_openai: FakeOpenAI) -> None:
    """The page shows the estimate, the step, the time and a preview before the image."""
    end = threading.Event()
    fake_openai.script("images", Fault.last_event_at(end))
    studio = tabs.studio(paid.url, PHONE, "dark")
    expect(studio.find(".hint")).to_contain_text("Each image is billed")
    studio.page.get_by_label("Live previews").select_option("2")
    studio.page.get_by_label("Describe your image").fill("A red fox")
    expect(studio.find("#cost")).to_contain_text("Up to $")
    studio.submit("A red fox")
    studio.expect_status("Generating …")
    expect(studio.find(".candidate img")).to_have_attribute(
        "alt", "Preview of the image being generated"
    )
    expect(studio.find(".candidate img")).to_have_attribute(
        "src", re.compile("^data:image/webp;base64,")
    )
    ticked = studio.find("#elapsed").inner_text()
    expect(studio.find("#elapsed")).not_to_have_text(ticked)
    assert studio.axe_problems() == []
    end.set()
    studio.expect_status(" · $")
    expect(studio.find(".candidate img")).to_have_attribute("alt", "A red fox")
    assert fake_openai.paid == 1


def test_a_lost_connection_pays_once(tabs: Tabs, paid: Service, fake_openai: FakeOpenAI) -> None:
    """A connection lost while generating is reported, and the image fetched later."""
    end = threading.Event()
    fake_openai.script("images", Fault.until(end))
    with FaultProxy("127.0.0.1", int(paid.url.rpartition(":")[2])) as line:
        studio = tabs.studio(f"http://{line.host}:{line.port}")
        studio.submit("A red fox")
        studio.expect_status("Generating …")
        line.refuse()
        studio.expect_status("Reconnecting …")
        end.set()
        wait_until(paid.images)
        line.pass_through()
        studio.expect_status("You were charged once.")
        expect(studio.find("#gallery li")).to_have_count(1)
    assert fake_openai.paid == 1
    assert len(paid.images()) == 1


def test_refusals_are_explained(tabs: Tabs, paid: Service, fake_openai: FakeOpenAI) -> None:
    """An error says what happened, what to do, and whether it was charged."""
    fake_openai.script("images", Fault.moderation_blocked())
    studio = tabs.studio(paid.url)
    studio.submit("Something bad")
    studio.expect_status("This prompt was blocked by the content policy.")
    studio.expect_status("You weren't charged.")
    expect(studio.find("#status")).to_have_attribute("data-tone", "error")
    expect(studio.find(".candidate img")).to_have_count(0)
    studio.generate("A red fox")
    studio.expect_status("Done in")
