"""Weight and stability of the studio's pages: `python -m bench.studio`.

Needs what `make test` installs. A service holds 505 images of different subjects. Each page is
opened in Chromium with an empty cache, at the size of a desktop and of a phone; afterwards an image
is generated on the first page. Transferred bytes include headers, as the browser counts them.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser.chromium import chromium
from tests.support.browser.studio import DESKTOP, PHONE, Studio, Tabs
from tests.support.builders import NOON, a_record
from tests.support.images.xmp_readers import strip_packet
from tests.support.service import Service, serving, settings_for

IMAGES = 505
_SUBJECTS = ("A red fox", "A blue whale", "A cactus in a pot", "An owl", "A rocket", "A green frog")
_PAGES = ("/", "/gallery", "/usage")
_OBSERVE = """
window.seen = { lcp: 0, cls: 0, afterInput: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    window.seen[hadRecentInput ? "afterInput" : "cls"] += value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True)
class PageLoad:
    """What a browser measured while it showed a page.

    Attributes:
        requests: number of requests.
        bytes: transferred bytes, with headers.
        lcp: largest contentful paint in milliseconds.
        cls: layout shift without, and with, a recent input.
    """

    requests: int
    bytes: int
    lcp: float
    cls: tuple[float, float]

    def __str__(self) -> str:
        shifts = f"{self.cls[0]:.4f} + {self.cls[1]:.4f} after input"
        size = f"{self.requests:3} requests {self.bytes / 1000:6.0f} kB"
        return f"{size}   LCP {self.lcp:5.0f} ms   CLS {shifts}"


def main() -> None:
    """Print the weight, the largest paint and the layout shift of each page."""
    pages = sys.argv[1:] or _PAGES
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(settings_for(data_dir=Path(folder))) as service,
    ):
        _fill(service)
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            for path in pages:
                tabs = Tabs(browser)
                page = tabs.open("about:blank", size)
                print(f"{name:8} {path:9} {_measured(page, service.url + path)}", flush=True)
                if path == "/":
                    generated = _measured(page, None, _generate)
                    print(f"{name:8} generated {generated}", flush=True)
                tabs.close()


def _fill(service: Service) -> None:
    files = [
        strip_packet(service.get(f"/images/{service.generate(prompt).json()['filename']}").content)
        for prompt in _SUBJECTS
    ]
    for number in range(IMAGES - len(files)):
        record = a_record(
            prompt=f"Image number {number}", created_at=NOON - timedelta(seconds=number)
        )
        assert record.image
        data = files[number % len(files)]
        service.ports.store.put(record.image.key, data, content_type="image/png")
        service.ports.records.insert(record)


def _measured(page: Page, url: str | None, act: Callable[[Page], None] | None = None) -> PageLoad:
    """Open an address, or act on the page that is open, until the network is idle."""
    sizes: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    if url:
        page.add_init_script(_OBSERVE)
        page.goto(url)
    if act:
        act(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)  # the last paint is reported late
    seen = page.evaluate("window.seen")
    session.detach()
    return PageLoad(len(sizes), int(sum(sizes)), seen["lcp"], (seen["cls"], seen["afterInput"]))


def _generate(page: Page) -> None:
    Studio(page).generate("A lighthouse in a storm")


if __name__ == "__main__":
    main()
