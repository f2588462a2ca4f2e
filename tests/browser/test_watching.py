"""Pictures that a model draws while somebody watches, over lines that break."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.studio import PHONE, Tabs
from tests.support.concurrency.eventually import eventually
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.service import Service, openai_settings, serving, settings_for


@pytest.fixture
def paid(fake_openai: FakeOpenAI, tmp_path: Path) -> Iterator[Service]:
    """Serve with a model that costs money."""
    with serving(settings_for(data_dir=tmp_path, **openai_settings(fake_openai))) as service:
        yield service


def test_previews_are_seen_while_it_is_drawn(
    tabs: Tabs, paid: Service, fake_openai: FakeOpenAI
) -> None:
    """The stage shows the step, the time and a preview before the picture, and the price before."""
    end = threading.Event()
    fake_openai.script("images", Fault.last_event_at(end))
    studio = tabs.studio(paid.url, PHONE, "dark")
    expect(studio.see(".notice")).to_contain_text("Each picture costs money")
    studio.page.get_by_label("Previews").select_option("2")
    studio.page.get_by_label("What shall be drawn?").fill("A red fox")
    expect(studio.see("#cost")).to_contain_text("at most")
    studio.ask("A red fox")
    studio.status("Drawing …")
    expect(studio.see("#result")).to_have_attribute("alt", "The picture as it is being drawn")
    assert (studio.see("#result").get_attribute("src") or "").startswith("data:image/webp;base64,")
    ticked = studio.see("#elapsed").inner_text()
    expect(studio.see("#elapsed")).not_to_have_text(ticked)
    assert studio.serious() == []
    end.set()
    studio.status("Done. It cost $")
    expect(studio.see("#result")).to_have_attribute("alt", "A red fox")
    assert fake_openai.paid == 1


def test_a_lost_connection_pays_once(tabs: Tabs, paid: Service, fake_openai: FakeOpenAI) -> None:
    """A line that breaks while a picture is drawn is told, and the same picture fetched later."""
    end = threading.Event()
    fake_openai.script("images", Fault.until(end))
    with FaultProxy("127.0.0.1", int(paid.url.rpartition(":")[2])) as line:
        studio = tabs.studio(f"http://{line.host}:{line.port}")
        studio.ask("A red fox")
        studio.status("Drawing …")
        line.refuse()
        studio.status("The connection was lost.")
        end.set()
        eventually(paid.images)
        line.pass_through()
        studio.status("nothing was paid twice")
        expect(studio.see("#gallery li")).to_have_count(1)
    assert fake_openai.paid == 1
    assert len(paid.images()) == 1


def test_refusals_are_told_in_words(tabs: Tabs, paid: Service, fake_openai: FakeOpenAI) -> None:
    """An error says what happened, what to do, and whether it was paid for."""
    fake_openai.script("images", Fault.moderation_blocked())
    studio = tabs.studio(paid.url)
    studio.ask("Something bad")
    studio.status("The model's rules don't allow this prompt. Ask for something else.")
    studio.status("Nothing was paid.")
    assert studio.see("#status").get_attribute("data-tone") == "error"
    expect(studio.see("#result")).to_be_hidden()
    studio.draw("A red fox")
    studio.status("Done.")
