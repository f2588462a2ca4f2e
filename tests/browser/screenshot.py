"""`python -m tests.browser.screenshot` takes the screenshot docs/studio.png."""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.support.browser.chromium import chromium
from tests.support.browser.studio import Tabs
from tests.support.service import serving, settings_for

_FILE = Path(__file__).resolve().parents[2] / "docs" / "studio.png"
_PROMPTS = (
    "A blue whale above the clouds",
    "A butterfly on a leaf",
    "A rocket on its way to the moon",
    "An owl reading a book",
    "A cactus in a pot",
    "A red fox with a lantern",
)


def main() -> None:
    """Generate images offline and save a screenshot of the studio."""
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(settings_for(data_dir=Path(folder))) as service,
    ):
        for prompt in _PROMPTS[:-1]:
            service.generate(prompt)
        tabs = Tabs(browser)
        studio = tabs.studio(service.url, (1280, 1070))
        studio.generate(_PROMPTS[-1])
        expect(studio.find("#gallery img")).to_have_count(len(_PROMPTS))
        studio.page.wait_for_load_state("networkidle")
        studio.find("h1").click()
        shot = Image.open(io.BytesIO(studio.page.screenshot())).convert("RGB")
        tabs.close()
    shot.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        _FILE, optimize=True
    )


if __name__ == "__main__":
    main()
