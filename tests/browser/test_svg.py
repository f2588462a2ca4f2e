"""SVG files, as Chromium renders them."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Browser
from resvg import render, usvg

from app.imaging.vector.svg import fidelity_of
from tests.support.service import Service


def test_chromium_and_resvg_render_a_file_alike(browser: Browser, service: Service) -> None:
    """The same file looks the same, as an image of a page, and opened by itself."""
    image = service.generate("a red fox").json()["filename"]
    address = f"{service.url}/images/{image}?format=svg&w=512"
    svg = service.get(f"/images/{image}?format=svg&w=512").content
    tree = usvg.Tree.from_str(svg.decode(), usvg.Options.default())
    with Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))) as rendered:
        expected = np.asarray(rendered.convert("RGBA"))
    page = browser.new_page(viewport={"width": 512, "height": 512})
    page.goto(address)
    own = page.screenshot(omit_background=True)
    page.goto(service.url)
    page.evaluate(
        """async (address) => {
            const image = new Image();
            image.src = address;
            await image.decode();
            document.head.replaceChildren();
            document.body.replaceChildren(image);
            document.body.style.margin = "0";
            image.style.display = "block";
        }""",
        address,
    )
    embedded = page.screenshot(omit_background=True)
    page.close()
    for screenshot in (own, embedded):
        with Image.open(io.BytesIO(screenshot)) as shown:
            assert shown.size == (512, 512)
            assert fidelity_of(np.asarray(shown.convert("RGBA")), expected) >= 35
