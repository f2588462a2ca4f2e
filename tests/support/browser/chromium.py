"""Chromium for the tests: as `make test` installed it, or as CHROMIUM names it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CACHE = Path(__file__).resolve().parents[3] / ".cache"
NODE = CACHE / "node"
SCREENSHOTS = CACHE / "screenshots"
AXE = NODE / "node_modules/axe-core/axe.min.js"

_FETCHED = NODE / "browser"
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> Path:
    """Return the path of the browser's program."""
    return Path(os.environ.get("CHROMIUM") or _FETCHED / "chromium")


def program_environment() -> dict[str, str]:
    """Return the environment in which the program finds its libraries and fonts."""
    return {
        **os.environ,
        "LD_LIBRARY_PATH": str(_FETCHED / "al2023/lib"),
        "FONTCONFIG_FILE": str(NODE / "fonts.conf"),
        "XDG_CACHE_HOME": str(_FETCHED),  # where fontconfig keeps what it knows of fonts
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without network requests of its own, with bundled fonts."""
    environment: dict[str, str | float | bool] = {**program_environment()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=_QUIET, chromium_sandbox=False, env=environment
        )
        try:
            yield browser
        finally:
            browser.close()
