"""Lighthouse's scores of the studio's pages: `python -m bench.studio.lighthouse [PATH ...]`.

Needs what `make test` installs; Lighthouse itself is installed from npm into `.cache/lighthouse` at
the first run. Each page is loaded with an empty cache, as by a desktop and by Lighthouse's phone,
with its usual throttling. Accessibility, best practices and SEO don't depend on the machine;
performance needs an idle one. Audits that fail are listed below their page.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.browser.chromium import CACHE, program, program_environment
from tests.support.service import serving, settings_for

VERSION = "13.5.0"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_FOLDER = CACHE / "lighthouse"
_PROMPTS = ("A red fox", "A blue whale", "A cactus in a pot", "An owl", "A rocket", "A green frog")
_FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage"
_TIMEOUT_SECONDS = 600


def main() -> None:
    """Print the scores of each page, and which audits fail."""
    _install()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(settings_for(data_dir=Path(folder))) as service,
    ):
        names = [service.generate(prompt).json()["filename"] for prompt in _PROMPTS]
        image_page = f"/p/{names[0].removesuffix('.png')}"
        print(f"{'page':10} {'device':8}" + "".join(f"{name:>16}" for name in CATEGORIES))
        for path in sys.argv[1:] or ("/", "/gallery", image_page, "/usage"):
            for device in ("desktop", "mobile"):
                report = _report(service.url + path, device)
                scores = (report["categories"][name]["score"] for name in CATEGORIES)
                cells = "".join(
                    f"{'–' if each is None else round(100 * each):>16}" for each in scores
                )
                print(f"{path[:10]:10} {device:8}{cells}", flush=True)
                for line in _failures(report):
                    print(f"    {line}", flush=True)


def _install() -> None:
    package = _FOLDER / "node_modules/lighthouse/package.json"
    if package.exists() and json.loads(package.read_text())["version"] == VERSION:
        return
    _FOLDER.mkdir(parents=True, exist_ok=True)
    install = ("npm", "install", "--no-audit", "--no-fund", f"lighthouse@{VERSION}")
    subprocess.run(install, cwd=_FOLDER, check=True, stdout=subprocess.DEVNULL)


def _report(url: str, device: str) -> Mapping[str, Any]:
    command = [
        str(_FOLDER / "node_modules/.bin/lighthouse"),
        *(url, "--quiet", "--output=json", f"--chrome-flags={_FLAGS}"),
        *(f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"),
        *(["--preset=desktop"] if device == "desktop" else []),
    ]
    done = subprocess.run(
        command,
        env=program_environment() | {"CHROME_PATH": str(program())},
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def _failures(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the audits that lower a score, except those of performance."""
    for name in CATEGORIES[1:]:
        for one in report["categories"][name]["auditRefs"]:
            audit = report["audits"][one["id"]]
            if one["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"{name}: {audit['title']}"


if __name__ == "__main__":
    main()
