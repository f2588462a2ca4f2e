"""The studio's main page."""

import re

from playwright.sync_api import expect

from app.blueprints.schemas.variant import VariantQuery
from app.imaging import Filter
from app.imaging.variants.filters import FILTERS
from app.imaging.variants.variant import MAX_FILTERS
from tests.support.browser.studio import DESKTOP, PHONE, Scheme, Studio, Tabs
from tests.support.service import Service


def test_an_image_is_generated_and_shown(studio: Studio, service: Service) -> None:
    """A prompt becomes an image on the stage and in the gallery, labeled offline and free."""
    expect(studio.find(".hint")).to_contain_text("free sample art, not AI")
    expect(studio.find("#cost")).to_contain_text("Free")
    studio.generate("A red fox with a lantern")
    studio.expect_status("Free (demo).")
    studio.expect_status(re.compile(r"^Done in \d+\.\d s · "))
    expect(studio.find("#elapsed")).to_be_empty()  # it is in the line above
    expect(studio.find("#gallery li")).to_have_count(1)
    expect(studio.find("#gallery .prompt")).to_have_text("A red fox with a lantern")
    (image,) = service.images()
    assert image["prompt"] == "A red fox with a lantern"
    shown = studio.find(".candidate img")
    assert shown.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 256


def test_the_backdrop_can_be_chosen(studio: Studio) -> None:
    """A checkerboard by default; then dark, light, or any color."""
    studio.generate()
    stage = studio.find("#stage")
    expect(stage).to_have_css("background-image", re.compile("repeating-conic-gradient"))
    backdrops = studio.page.get_by_role("group", name="Backdrop").first
    for name, color in (("Dark", "rgb(20, 24, 26)"), ("Light", "rgb(255, 255, 255)")):
        backdrops.get_by_role("radio", name=name).check()
        expect(stage).to_have_css("background-color", color)
    backdrops.get_by_label("Custom backdrop color").fill("#ff00ff")
    expect(stage).to_have_css("background-color", "rgb(255, 0, 255)")
    expect(backdrops.get_by_role("radio", name="Custom color")).to_be_checked()


def test_the_editor_matches_the_api(studio: Studio) -> None:
    """Controls and filters have the names, ranges and options of the API."""
    known = studio.page.evaluate("import('./static/studio/image/variants.js')")
    parts = {part["name"]: part for group in known["GROUPS"] for part in group["parts"]}
    fields = VariantQuery.model_json_schema()["properties"]
    elsewhere = {"expires", "sig", "dpr", "scale_from", "recolor"}
    assert set(parts) | {"filter"} == set(fields) - elsewhere
    for name, part in parts.items():
        form = fields[name].get("anyOf", [fields[name]])[0]
        first = part["fields"][0]
        if "maximum" in form:
            assert (first["min"], first["max"]) == (form["minimum"], form["maximum"]), name
        if "enum" in form:
            assert set(first["options"]) == set(form["enum"]), name
    assert set(known["FILTERS"]) == set(FILTERS)
    for name, filter_ in known["FILTERS"].items():
        Filter.parse(":".join([name, ",".join(str(one["value"]) for one in filter_["fields"])]))
    assert known["MAX_FILTERS"] == MAX_FILTERS


def test_accessibility(tabs: Tabs, service: Service) -> None:
    """At any width, light or dark, axe finds nothing serious and nothing overflows."""
    service.generate("An owl on a pile of books")
    studio = tabs.studio(service.url)
    expect(studio.find("#gallery li")).to_have_count(1)
    studio.generate("A lighthouse in a storm")
    check_accessibility(studio)
    studio.find("#open-result").click()
    expect(studio.find("#about-title")).to_be_visible()
    check_accessibility(studio)


def check_accessibility(studio: Studio) -> None:
    """Check the page at the widths of a desktop, a phone and a small one, light and dark."""
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for width, height in (DESKTOP, PHONE, (320, 640)):
        studio.page.set_viewport_size({"width": width, "height": height})
        for scheme in schemes:
            studio.page.emulate_media(color_scheme=scheme)
            assert studio.axe_problems() == [], (width, scheme)
        studio.expect_no_overflow()
