"""Pages in a browser, and the studio as a person uses it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.browser.chromium import AXE

PHONE, DESKTOP = (390, 844), (1280, 900)
Scheme = Literal["light", "dark"]
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Studio:
    """The studio in one page."""

    page: Page

    def see(self, selector: str) -> Locator:
        """Return what the selector finds."""
        return self.page.locator(selector)

    def draw(self, prompt: str = "A red fox") -> None:
        """Ask for a picture, and wait until it is there."""
        self.ask(prompt)
        expect(self.see("#open-result")).to_be_visible()

    def ask(self, prompt: str) -> None:
        """Ask for a picture."""
        self.page.get_by_label("What shall be drawn?").fill(prompt)
        self.page.get_by_role("button", name="Draw", exact=True).click()

    def status(self, text: str) -> None:
        """Wait until the status says so."""
        expect(self.see("#status")).to_contain_text(text)

    def serious(self) -> list[str]:
        """Return what axe finds that is serious or worse."""
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run()")
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]


@dataclass
class Tabs:
    """All pages that a test opens, and what went wrong in them."""

    browser: Browser
    violations: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, url: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> Page:
        """Open a page in a session of its own."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(15_000)
        context.add_init_script(_WATCH)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: self._heard(told.text))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.goto(url)
        return page

    def studio(self, url: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> Studio:
        """Open the studio, and wait until it can be used."""
        studio = Studio(self.open(f"{url}/", size, scheme))
        expect(studio.see("#generate")).to_be_enabled()
        return studio

    def photograph(self, path: Path) -> None:
        """Keep what the pages show now."""
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=f"{path}{number or ''}.png")

    def close(self) -> None:
        """Close them all."""
        for context in self.contexts:
            context.close()

    def _heard(self, text: str) -> None:
        if text.startswith("violation: ") or "Content Security Policy" in text:
            self.violations.append(text)
