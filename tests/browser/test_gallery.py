"""The gallery, API keys, and pages of other origins."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from tests.support.browser.studio import PHONE, Studio, Tabs
from tests.support.builders import NOON, a_record
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import gunicorn
from tests.support.service import Service

MANY = 300


@pytest.fixture
def full(service: Service) -> Service:
    """Fill a service with many records of one image."""
    png = encoded(owl(256, 256))
    for number in range(1, MANY + 1):
        record = a_record(
            prompt=f"Image number {number}", created_at=NOON - timedelta(seconds=number)
        )
        assert record.image
        service.ports.store.put(record.image.key, png, content_type="image/png")
        service.ports.records.insert(record)
    return service


def test_hundreds_of_images_scroll_and_search(tabs: Tabs, full: Service) -> None:
    """Scrolling loads every image once; a search narrows the list."""
    studio = Studio(tabs.open(f"{full.url}/gallery", PHONE))
    fetched: list[str] = []
    studio.page.on("request", lambda request: fetched.append(request.url))
    cards = studio.find("#gallery li")
    expect(studio.find("#gallery-status")).to_have_text(f"{MANY} images")
    assert cards.count() < MANY
    while (known := cards.count()) < MANY:
        studio.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        studio.page.wait_for_function(
            "(known) => document.querySelectorAll('#gallery li').length > known", arg=known
        )
    expect(studio.find("#more")).to_be_hidden()
    ids = cards.evaluate_all("(all) => all.map((card) => card.id)")
    assert len(set(ids)) == MANY
    studio.page.evaluate(
        """() => {
          const list = document.querySelector("#gallery");
          window.fewest = list.children.length;
          const note = () => { window.fewest = Math.min(window.fewest, list.children.length); };
          new MutationObserver(note).observe(list, { childList: true });
        }"""
    )
    studio.page.get_by_label("Search prompts").fill("number 77")
    expect(cards).to_have_count(1)
    assert studio.page.evaluate("window.fewest") == 1, "the list was empty meanwhile"
    expect(studio.find("#gallery-status")).to_have_text("1 result")
    studio.page.get_by_label("Search prompts").fill("unheard of")
    expect(studio.find("#gallery-status")).to_have_text("No results for “unheard of”.")


def test_a_key_is_kept_for_the_tab_or_the_device(tabs: Tabs, tmp_path: Path) -> None:
    """A key shows private images; another tab knows it only if that is chosen."""
    with serving_with_keys(data_dir=tmp_path, public_images=False) as auth_service:
        key = auth_service.create_key("alice")
        studio = tabs.studio(auth_service.service.url)
        page, dialog = studio.page, studio.find("#key-dialog")
        expect(dialog).to_be_visible()
        assert studio.axe_problems() == []
        page.get_by_role("button", name="Not now").click()
        expect(studio.find("#more")).to_have_text("Enter API key")
        studio.find("#more").click()
        enter_key(page, "igk_wrong")
        expect(studio.find("#key-rejected")).to_be_visible()
        enter_key(page, key)
        expect(dialog).to_be_hidden()
        studio.generate("A red fox")
        shown(page, ".candidate img")
        shown(page, "#gallery img")
        assert key not in page.evaluate("JSON.stringify(localStorage)")
        page.reload()
        shown(page, "#gallery img")
        expect(dialog).to_be_hidden()
        assert key not in page.content()
        other = page.context.new_page()
        other.goto(f"{auth_service.service.url}/gallery")
        expect(other.locator("#key-dialog")).to_be_visible()
        other.get_by_label("Remember on this device").check()
        enter_key(other, key)
        shown(other, "#gallery img")
        third = page.context.new_page()
        third.goto(f"{auth_service.service.url}/usage")
        expect(third.locator("#figures")).to_contain_text("Images")
        expect(third.locator("#account")).to_contain_text("alice")


def enter_key(page: Page, key: str) -> None:
    """Enter a key in the dialog."""
    page.get_by_label("API key", exact=True).fill(key)
    page.get_by_role("button", name="Continue").click()


def shown(page: Page, selector: str) -> None:
    """Wait until an image has loaded."""
    page.wait_for_function(
        "(selector) => document.querySelector(selector)?.naturalWidth > 0", arg=selector
    )


def test_another_origin_can_generate(tabs: Tabs, service: Service) -> None:
    """`fetch` from another origin reads events and headers, and shows the image."""
    with elsewhere() as url:
        page = tabs.open(url)
        seen = page.evaluate(
            """async (service) => {
              const response = await fetch(`${service}/generate-image`, {
                method: "POST",
                headers: {
                  "Content-Type": "application/json", Accept: "text/event-stream",
                  "Idempotency-Key": "from-elsewhere",
                },
                body: JSON.stringify({ prompt: "A red fox", partial_images: 1 }),
              });
              const events = await response.text();
              const image = JSON.parse(/event: result\\ndata: (.*)/.exec(events)[1]);
              document.querySelector("img").src = image.url;
              const names = [...events.matchAll(/^event: (\\w+)/gm)].map(([, name]) => name);
              return { names: [...new Set(names)], id: response.headers.get("X-Request-ID") };
            }""",
            service.url,
        )
        shown(page, "img")
    assert set(seen["names"]) == {"progress", "partial", "result"}
    assert seen["id"]


REQUESTS = {
    413: 'post({ body: "x".repeat(200_000) })',
    414: 'send(`/images?q=${"x".repeat(5000)}`)',  # without a preflight, which would fail, too
    431: 'post({ headers: { "X-Large": "x".repeat(9000) } })',
    404: 'post({ path: "/nowhere" })',
    415: 'post({ headers: { "Content-Type": "text/plain" } })',
    200: 'post({ body: JSON.stringify({ prompt: "x", dry_run: true, size: null }) })',
}
_POST = """async () => {
  const send = async (path, options) => {
    const response = await fetch(`URL${path}`, options);
    return [response.status, response.headers.get("X-Request-ID"), await response.json()];
  };
  const post = ({ path = "/generate-image", headers = {}, body = "{}" }) => {
    const tracing = {
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      baggage: "a=b", "sentry-trace": "1-2", "x-requested-with": "XMLHttpRequest",
      "ngrok-skip-browser-warning": "1", "Content-Type": "application/json", ...headers,
    };
    return send(path, { method: "POST", headers: tracing, body });
  };
  return [ALL];
}"""


def test_pages_of_other_origins_can_read_refusals(tabs: Tabs, tmp_path: Path) -> None:
    """`fetch` with headers for tracing gets each error with its body, from the shipped server."""
    with gunicorn(tmp_path) as server, elsewhere() as url:
        page = tabs.open(url)
        calls = ", ".join(f"await {call}" for call in REQUESTS.values())
        results = page.evaluate(_POST.replace("URL", server.url).replace("ALL", calls))
    assert [status for status, _, _ in results] == list(REQUESTS)
    for _, request_id, body in results:
        assert request_id
        assert body["status"] in {"success", "error"}


@contextmanager
def elsewhere() -> Iterator[str]:
    """Serve a page of another origin."""
    page = Response("<!doctype html><title>Elsewhere</title><img>", content_type="text/html")
    server = make_server("127.0.0.1", 0, page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://localhost:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_plain_cards_become_sharp_again(tabs: Tabs, service: Service) -> None:
    """A card whose variants fail shows the plain file, and tries them again once, later."""
    service.generate()
    page = tabs.open("about:blank")
    page.clock.install()
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        route.abort()

    page.route("**/*format=auto", refuse)
    page.goto(f"{service.url}/gallery")
    img = page.locator("#gallery img")
    expect(img).to_have_attribute("src", re.compile(r"\.png$"))
    expect(img).not_to_have_attribute("srcset", re.compile(""))
    page.clock.run_for(9_000)
    assert len(refused) == 1
    page.unroute("**/*format=auto")
    page.clock.run_for(2_000)
    expect(img).to_have_attribute("srcset", re.compile("format=auto"))
    page.wait_for_function(
        "() => document.querySelector('#gallery img').currentSrc.includes('format=auto')"
    )
