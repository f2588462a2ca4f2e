"""The studio from the first visit to a downloaded picture."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.apps import Service
from tests.browser.studio import DESKTOP, PHONE, Scheme, Studio, Tabs


def test_a_picture_is_drawn_and_shown(studio: Studio, service: Service) -> None:
    """A prompt becomes a picture on the stage and in the gallery, told to be offline and free."""
    expect(studio.see(".notice")).to_contain_text("not made by AI")
    expect(studio.see("#cost")).to_contain_text("Costs nothing")
    studio.draw("A red fox with a lantern")
    studio.status("Drawn offline, not by AI")
    expect(studio.see("#elapsed")).to_have_text(re.compile(r"^\d+\.\d s$"))
    expect(studio.see("#gallery li")).to_have_count(1)
    expect(studio.see("#gallery .prompt")).to_have_text("A red fox with a lantern")
    (image,) = service.pictures()
    assert image["prompt"] == "A red fox with a lantern"
    assert studio.see("#result").evaluate("(picture) => picture.naturalWidth") == 256


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(
    tabs: Tabs, service: Service, size: tuple[int, int], scheme: Scheme
) -> None:
    """At any width, light or dark, axe finds nothing serious and nothing is cut off at the side."""
    service.generate("An owl on a pile of books")
    studio = tabs.studio(service.url, size, scheme)
    expect(studio.see("#gallery li")).to_have_count(1)
    studio.draw("A lighthouse in a storm")
    assert studio.serious() == []
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    studio.see("#open-result").click()
    expect(studio.see("#detail-picture")).to_be_visible()
    studio.page.get_by_label("Outline", exact=True)
    assert studio.serious() == []
    assert studio.see("#detail").evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0
    assert Image.open(io.BytesIO(studio.page.screenshot())).width == size[0]
