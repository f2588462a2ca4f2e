"""Browser pages, and the studio as a user operates it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.browser.chromium import AXE

PHONE, DESKTOP = (390, 844), (1280, 900)
TIMEOUT_MS = 120_000  # only limits how long a failing test takes
Scheme = Literal["light", "dark"]
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`);
});
"""

# A notification, its Undo and the deletion behind it end after 6 to 7 s, which a test on a busy
# machine may need for its next step.
_WAIT_LONGER = """
{
  const schedule = window.setTimeout;
  window.setTimeout = (work, ms, ...rest) =>
    schedule(work, 6000 <= ms && ms <= 7000 ? 30 * ms : ms, ...rest);
}
"""

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Studio:
    """The studio in one page."""

    page: Page

    def find(self, selector: str) -> Locator:
        """Return a locator of the selector."""
        return self.page.locator(selector)

    def generate(self, prompt: str = "A red fox") -> None:
        """Generate an image and wait for it."""
        self.submit(prompt)
        expect(self.find("#open-result")).to_be_visible()

    def submit(self, prompt: str) -> None:
        """Enter a prompt and press Generate."""
        self.page.get_by_label("Describe your image").fill(prompt)
        self.page.get_by_role("button", name="Generate", exact=True).click()

    def expect_status(self, text: str | re.Pattern[str]) -> None:
        """Wait for a text in the status line."""
        expect(self.find("#status")).to_contain_text(text)

    def expect_no_overflow(self) -> None:
        """Wait until the page is as wide as the window, which it is after its layout."""
        self.page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")

    def axe_problems(self) -> list[str]:
        """Return the serious and critical findings of axe."""
        if not self.page.evaluate("'axe' in window"):  # loading it takes as long as a run
            self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run({ resultTypes: ['violations'] })")
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]


@dataclass
class Tabs:
    """The pages that a test opens, with their errors and policy violations."""

    browser: Browser
    violations: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, url: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> Page:
        """Open a page in a new browser context."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(_WATCH + _WAIT_LONGER)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note_violation(message.text))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.goto(url)
        return page

    def studio(self, url: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> Studio:
        """Open the studio and wait until it is ready."""
        studio = Studio(self.open(f"{url}/", size, scheme))
        expect(studio.find("#generate")).to_be_enabled()
        return studio

    def screenshot(self, path: Path) -> None:
        """Save a screenshot of every page."""
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=f"{path}{number or ''}.png")

    def close(self) -> None:
        """Close all pages."""
        for context in self.contexts:
            context.close()

    def _note_violation(self, text: str) -> None:
        if text.startswith("violation: ") or "Content Security Policy" in text:
            self.violations.append(text)
