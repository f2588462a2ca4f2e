"""The page of one image, as a user operates it."""

import io
import re

from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser.studio import PHONE, Studio, Tabs
from tests.support.service import Service


def generated(service: Service, prompt: str = 'A "red" fox') -> str:
    """Generate an image and return its id."""
    name: str = service.generate(prompt).json()["filename"]
    return name.removesuffix(".png")


def opened(tabs: Tabs, service: Service, image_id: str, size: tuple[int, int] = PHONE) -> Studio:
    """Open the page of an image and wait until it can be edited."""
    studio = Studio(tabs.open(f"{service.url}/p/{image_id}", size))
    expect(studio.find("#facts dt").first).to_be_visible()
    return studio


def shows(page: Page, width: int, height: int, query: str = "") -> None:
    """Wait until the preview is the file of this size, and of this query if one is given."""
    page.wait_for_function(
        "([w, h, q]) => { const it = document.querySelector('#image');"
        " return it.complete && it.naturalWidth === w && it.naturalHeight === h"
        " && (!q || it.src.endsWith('?' + q)); }",
        arg=[width, height, query],
    )


def query_of(page: Page) -> str:
    """Return the query in the page's address."""
    return page.url.partition("?")[2]


def shown_query(page: Page, query: str) -> None:
    """Wait until the preview shows the file of a query."""
    expect(page.locator("#image")).to_have_attribute("src", re.compile(re.escape(query) + "$"))


def opacity(service: Service, path: str, x: float, y: float) -> int:
    """Return the alpha of an image at a point in fractions of its sides."""
    with Image.open(io.BytesIO(service.get(path).content)) as image:
        alpha = image.convert("RGBA").getpixel((round(x * image.width), round(y * image.height)))
    assert isinstance(alpha, tuple)
    return alpha[3]
