"""The manifest of a web app's pack, as Chromium reads it."""

import functools
import http.server
import io
import threading
import zipfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.support.service import Service


def test_chromium_accepts_the_manifest(browser: Browser, service: Service, tmp_path: Path) -> None:
    """A page with the pack's head lines is installable, and all its icons load."""
    image = service.generate().json()["filename"]
    pack = service.get(f"/images/{image}/pack?kind=pwa&background=336699").content
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        archive.extractall(tmp_path / "site")
        names = archive.namelist()
    head = (tmp_path / "site" / "head.html").read_text()
    (tmp_path / "site" / "index.html").write_text(f"<!doctype html><title>App</title>{head}")
    handler = functools.partial(_SilentHandler, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        session = page.context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert manifest["url"].endswith("/site.webmanifest")
        assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        sizes = page.evaluate(
            """async (names) => Object.fromEntries(await Promise.all(names.map(async (name) => {
                const image = new Image();
                image.src = name;
                await image.decode();
                return [name, image.naturalWidth];
            })))""",
            [name for name in names if name.endswith((".png", ".ico"))],
        )
        assert sizes["icon-maskable-512.png"] == 512
        assert sizes["favicon.ico"] in {16, 32, 48}
        page.close()
        server.shutdown()


class _SilentHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - reason: the base's name
        """Write nothing."""
