"""The gallery, keys, and pages of other origins."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from tests.support.browser.studio import PHONE, Tabs
from tests.support.builders import NOON, a_generation
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.service import Service

MANY = 500


@pytest.fixture
def full(service: Service) -> Service:
    """Fill a service with pictures, which all look the same."""
    picture = service.get(f"/images/{service.generate().json()['filename']}").content
    for number in range(1, MANY):
        row = a_generation(
            prompt=f"Picture number {number}", created_at=NOON - timedelta(seconds=number)
        )
        assert row.image
        service.ports.store.put(row.image.key, picture, content_type="image/png")
        service.ports.records.insert(row)
    return service


def test_hundreds_of_pictures_are_scrolled_and_searched(tabs: Tabs, full: Service) -> None:
    """Older pictures come as they are scrolled to, each once; a search narrows them."""
    studio = tabs.studio(full.url, PHONE)
    fetched: list[str] = []
    studio.page.on("request", lambda request: fetched.append(request.url))
    cards = studio.see("#gallery li")
    expect(studio.see("#gallery-status")).to_have_text(f"{MANY} pictures")
    assert cards.count() < MANY
    while cards.count() < MANY:
        known = cards.count()
        studio.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        studio.page.wait_for_function(
            "(known) => document.querySelectorAll('#gallery li').length > known", arg=known
        )
    expect(studio.see("#more")).to_be_hidden()
    ids = cards.evaluate_all("(all) => all.map((card) => card.id)")
    assert len(set(ids)) == MANY
    studio.page.get_by_label("Search the prompts").fill("number 77")
    expect(cards).to_have_count(1)
    expect(studio.see("#gallery-status")).to_have_text("1 found")
    studio.page.get_by_label("Search the prompts").fill("unheard of")
    expect(studio.see("#gallery-status")).to_contain_text("No picture has these words")


def test_a_key_is_asked_for_and_kept_no_longer_than_wanted(tabs: Tabs, tmp_path: Path) -> None:
    """A key is typed in and shows private pictures; the tab keeps it only if the person says so."""
    with serving_with_keys(data_dir=tmp_path, public_images=False) as auth_service:
        key = auth_service.create_key("alice")
        studio = tabs.studio(auth_service.service.url)
        dialog = studio.see("#key-dialog")
        expect(dialog).to_be_visible()
        assert studio.serious() == []
        studio.page.get_by_label("Key", exact=True).fill("igk_wrong")
        studio.page.get_by_role("button", name="Use this key").click()
        expect(studio.see("#key-refused")).to_be_visible()
        studio.page.get_by_label("Key", exact=True).fill(key)
        studio.page.get_by_role("button", name="Use this key").click()
        expect(dialog).to_be_hidden()
        studio.draw("A red fox")
        shown(studio.page, "#result")
        shown(studio.page, "#gallery img")
        assert studio.page.evaluate("sessionStorage.length + localStorage.length") == 0
        studio.page.reload()
        expect(dialog).to_be_visible()
        studio.page.get_by_label("Key", exact=True).fill(key)
        studio.page.get_by_label("Keep it until this tab is closed").check()
        studio.page.get_by_role("button", name="Use this key").click()
        expect(studio.see("#gallery li")).to_have_count(1)
        studio.page.reload()
        shown(studio.page, "#gallery img")
        expect(dialog).to_be_hidden()
        assert key not in studio.page.content()


def shown(page: Page, selector: str) -> None:
    """Wait until a picture has been loaded."""
    page.wait_for_function(
        "(selector) => document.querySelector(selector)?.naturalWidth > 0", arg=selector
    )


def test_a_page_of_another_origin_can_draw(tabs: Tabs, service: Service) -> None:
    """`fetch` from elsewhere reads the answer, its events, its headers, and shows the picture."""
    with elsewhere() as url:
        page = tabs.open(url)
        told = page.evaluate(
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
    assert set(told["names"]) == {"progress", "partial", "result"}
    assert told["id"]


@contextmanager
def elsewhere() -> Iterator[str]:
    """Serve a page that has nothing to do with the service."""
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
