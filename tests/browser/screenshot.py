"""`python -m tests.browser.screenshot` takes the screenshots of the studio in docs/.

With a folder as argument it saves every page there instead, at five widths, light and dark.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser.chromium import chromium
from tests.support.browser.studio import Scheme, Studio, Tabs
from tests.support.service import Service, serving, settings_for

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_PROMPTS = (
    "A blue whale above the clouds",
    "A butterfly on a leaf",
    "A robot watering a flower",
    "A rocket on its way to the moon",
    "An owl reading a book",
    "A slice of pizza",
    "A sailing boat",
    "A cup of hot cocoa",
    "A green frog",
    "A cactus in a pot",
    "A red fox with a lantern",
)
_SIZES = ((320, 640), (390, 844), (768, 1024), (1024, 768), (1440, 900))
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_PAGES = {"create": "/", "gallery": "/gallery", "usage": "/usage", "missing": "/nowhere"}


def main() -> None:
    """Generate images offline and save screenshots."""
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(settings_for(data_dir=Path(folder))) as service,
    ):
        for prompt in _PROMPTS:
            service.generate(prompt)
        tabs = Tabs(browser)
        if len(sys.argv) > 1:
            _save_all(tabs, service, Path(sys.argv[1]))
        else:
            _save_for_docs(tabs, service)
        tabs.close()


def _save_for_docs(tabs: Tabs, service: Service) -> None:
    gallery = tabs.open(f"{service.url}/gallery", (1280, 800), "dark")
    _save(gallery, _DOCS / "studio-gallery.png")
    studio = tabs.studio(service.url, (1280, 900))
    studio.page.get_by_role("combobox", name="Images").select_option("3")
    _generate(studio, "A penguin with a crown")
    _save(studio.page, _DOCS / "studio.png")
    phone = tabs.studio(service.url, (390, 844), "dark")
    _save(phone.page, _DOCS / "studio-phone.png")


def _save_all(tabs: Tabs, service: Service, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for size in _SIZES:
        for scheme in _SCHEMES:
            for name, path in _PAGES.items():
                page = tabs.open(f"{service.url}{path}", size, scheme)
                _save(page, folder / f"{name}-{size[0]}-{scheme}.png")
            studio = tabs.studio(service.url, size, scheme)
            _generate(studio, "A red fox with a lantern")
            _save(studio.page, folder / f"generated-{size[0]}-{scheme}.png")
            tabs.close()
            tabs.contexts.clear()


def _generate(studio: Studio, prompt: str) -> None:
    studio.submit(prompt)
    expect(studio.find("#regenerate")).to_be_visible()


def _save(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.mouse.move(1, 1)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    colors = shot.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colors.save(path, optimize=True)


if __name__ == "__main__":
    main()
