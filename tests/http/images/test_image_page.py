"""GET /p/<id>: the page of one image."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from app.blueprints.pages.image import file_stem
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.service import Service, serving, settings_for
from tests.support.tables import each_row

UNKNOWN = "/p/00000000-0000-4000-8000-000000000000"
PROMPT = 'A "red" fox & <b>friends</b>\nwith  a lantern'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve on embedded parts, with a trash."""
    folder = tmp_path_factory.mktemp("pages")
    with serving(settings_for(data_dir=folder, trash_days=7)) as running:
        yield running


def page_of(filename: str) -> str:
    """Return the path of an image's page."""
    return f"/p/{filename.removesuffix('.png')}"


def meta(text: str) -> dict[str, str]:
    """Return the page's meta elements and canonical address."""
    pairs = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', text)
    canonical = re.findall(r'<link rel="canonical" href="([^"]+)"', text)
    return {name: unescape(value) for name, value in (*pairs, ("canonical", *canonical))}


def test_a_page_without_javascript(service: Service) -> None:
    """It has title, prompt, image, downloads and link previews, all with working addresses."""
    name = service.generate(PROMPT).json()["filename"]
    response = service.get(page_of(name))
    text = response.text
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "<b>" not in text
    line = 'A "red" fox & <b>friends</b> with a lantern'
    assert f"{line} · Image Generator" in unescape(text)
    found = meta(text)
    url = f"{service.url}{page_of(name)}"
    assert found["canonical"] == found["og:url"] == url
    assert found["description"] == found["og:description"] == found["og:title"] == line
    assert found["twitter:card"] == "summary_large_image"
    assert found["og:image"] == found["twitter:image"]
    assert found["og:image"].startswith(f"{service.url}/images/{name}?")
    assert "robots" not in found
    images = [found["og:image"], *re.findall(r'<img id="image"[^>]* src="([^"]+)"', text)]
    downloads = re.findall(r'<a href="([^"]+)" download="([^"]+)"', text)
    assert len(images) == 2
    (smaller,) = re.findall(r'<img id="image"[^>]* srcset="([^"]+)"', text)
    assert f'imagesrcset="{smaller}"' in text[: text.index("<script")], "loaded first"
    images += [candidate.split()[0] for candidate in smaller.split(", ")]
    assert {stem for _, stem in downloads} == {
        f"a-red-fox-b-friends-b-with-a-lantern.{each}" for each in ("png", "webp", "jpg")
    }
    for address in [*images, *(address for address, _ in downloads)]:
        image = service.session.get(urljoin(url, unescape(address)), timeout=60)
        assert (image.status_code, image.headers["Content-Type"][:6]) == (200, "image/"), address


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("\u202egnp.exe\u2066 fox", "gnp.exe fox"),
        ("\u200b\u202e", "Image"),
        ("שלום\u200f", "שלום\u200f"),
    ],
)
def test_a_prompt_does_not_turn_the_title_around(service: Service, prompt: str, title: str) -> None:
    """Controls of direction are left out of the title, and an invisible one is replaced."""
    text = service.get(page_of(service.generate(prompt).json()["filename"])).text
    assert f"<title>{title} · Image Generator</title>" in text
    assert meta(text)["og:title"] == title


def test_edits_in_the_address_are_shown_and_shared(service: Service) -> None:
    """The query is the file's; one that is none, or belongs to others, changes nothing."""
    name = service.generate("An owl").json()["filename"]
    edits = "w=300&padding=20&scale_from=512&filter=blur:2"
    for query in (edits, f"{edits}&format=svg", f"format=ico&quality=9&{edits}"):
        found = meta(service.get(f"{page_of(name)}?{query}").text)
        asked = urlsplit(found["og:image"])
        assert asked.path == f"/images/{name}"
        shared = [pair for pair in parse_qsl(asked.query) if pair[0] != "quality"]
        assert shared == parse_qsl(edits), "link previews show neither SVG nor icons"
        assert found["twitter:card"] == "summary"
    shown = service.get(f"{page_of(name)}?w=256").text
    assert f' src="/images/{name}?w=256"' in shown, "also the size of the stored image"
    assert "srcset" not in shown, "only the plain image has other files of its look"
    plain = service.get(page_of(name)).text
    areas = ("holes=keep:24", "w=300&holes=cut:23")  # this image has fewer
    for query in ("utm_source=mail", "w=0", "w=1&w=2", 'w="><script>', "%FF=1", *areas):
        assert service.get(f"{page_of(name)}?{query}").text == plain, query


def test_missing_images_have_a_page_with_their_status(service: Service) -> None:
    """Unknown and purged images are 404, those in the trash 410; all are pages, never cached."""
    trashed, purged = (service.generate(each).json()["filename"] for each in ("A cat", "A dog"))
    assert service.call("DELETE", f"/images/{trashed}").status_code == 204
    assert service.call("DELETE", f"/images/{purged}?purge=true").status_code == 204
    for path, status, words in (
        (UNKNOWN, 404, "Image not found"),
        (page_of(purged), 404, "Image not found"),
        (page_of(trashed), 410, "This image was deleted"),
    ):
        response = service.get(path)
        assert (response.status_code, words in response.text) == (status, True), path
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
    assert service.get("/p/nothing").status_code == 404


def test_the_page_of_a_replaced_image_leads_to_the_new_one(service: Service) -> None:
    """With the edits; once the new image is gone, there is none."""
    old = service.generate("A boat").json()["filename"]
    body = {"holes": "keep", "replace": True}
    new = service.call("POST", f"/images/{old}/cutouts", json=body).json()["filename"]
    response = service.get(f"{page_of(old)}?w=300", allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (
        308,
        f"{service.url}{page_of(new)}?w=300",
    )
    service.call("DELETE", f"/images/{new}")
    assert service.get(page_of(old), allow_redirects=False).status_code == 404


@attack("The page of another caller's image", expect="no prompt, and no existence if private")
def test_pages_reveal_nothing_of_private_images(tmp_path: Path, observe: Observe) -> None:
    """Keys required: no prompt. Images private too: the page of any id is the same."""
    with serving_with_keys(data_dir=tmp_path / "shared", trash_days=7) as shared:
        key = shared.create_key("alice")
        name = shared.create_image(key).rpartition("/")[2]
        page = shared.get(page_of(name))
        no_prompt = page.status_code == 200 and "fox" not in page.text
        assert meta(page.text)["og:image"].startswith(f"{shared.service.url}/images/{name}")
        assert meta(page.text)["robots"] == "noindex"
        shared.call("DELETE", f"/images/{name}", key)
        assert shared.get(page_of(name)).status_code == 404
    with serving_with_keys(data_dir=tmp_path / "private", public_images=False) as private:
        key = private.create_key("alice")
        name = private.create_image(key).rpartition("/")[2]
        ids = [name.removesuffix(".png"), UNKNOWN[3:]]
        pages = [private.get(f"/p/{each}") for each in ids]
        texts = [page.text.replace(each, "ID") for page, each in zip(pages, ids, strict=True)]
        alike = texts[0] == texts[1] and {page.status_code for page in pages} == {200}
        assert "og:image" not in texts[0]
    observe("no prompt, and no existence if private" if no_prompt and alike else "revealed")


def test_a_page_where_variants_are_signed_shows_the_plain_image(tmp_path: Path) -> None:
    """Neither the page nor its link preview asks for a variant that would be refused."""
    with serving(settings_for(data_dir=tmp_path, variant_signing_keys="s" * 32)) as service:
        name = service.generate("An owl").json()["filename"]
        text = service.get(f"{page_of(name)}?w=300").text
        assert meta(text)["og:image"] == f"{service.url}/images/{name}"
        assert re.findall(r'<a href="([^"]+)" download', text) == [f"/images/{name}"]


@each_row(
    "prompt, stem",
    [
        ("A red fox, with a lantern!", "a-red-fox-with-a-lantern"),
        ("Ein Fuchs über Köln", "ein-fuchs-über-köln"),
        ("狐狸 与 灯笼", "狐狸-与-灯笼"),
        ("../../etc/passwd", "etc-passwd"),
        ("  ", ""),
        ("🦊", ""),
        ("❤️ fox 1️⃣", "fox-1"),
        ("नीली लोमड़ी", "नीली-लोमड़ी"),
        ("แมวสีแดง", "แมวสีแดง"),
        ("cafe\u0301 snake_case", "café-snake-case"),
        ("word " * 30, "word-" * 11 + "word"),
        ("w" * 100, "w" * 60),
    ],
)
def test_file_names_are_made_of_the_prompt(prompt: str, stem: str) -> None:
    """Letters and digits of any script, at most 60, joined by hyphens."""
    assert file_stem(prompt) == stem
