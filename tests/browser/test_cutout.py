"""The cutout on the page of an image: verdict, enclosed areas, comparison and brush."""

import re
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.support.browser.image_page import opacity, shown_query, shows
from tests.support.browser.studio import DESKTOP, Studio, Tabs
from tests.support.images.sample_images import encoded
from tests.support.service import Service

SIDE = 600


def ring() -> bytes:
    """Return a blue disc on white with a white eye left of its middle, as a PNG."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 100, 500, 500), fill=(20, 40, 160))
    draw.ellipse((150, 250, 250, 350), fill="white")
    return encoded(image)


def opened(tabs: Tabs, service: Service) -> tuple[Studio, dict[str, Any]]:
    """Upload the ring and open its page; return it with the ring's metadata."""
    headers = {"Content-Type": "image/png"}
    made = service.call("POST", "/images", data=ring(), headers=headers).json()
    image_id = made["filename"].removesuffix(".png")
    studio = Studio(tabs.open(f"{service.url}/p/{image_id}", DESKTOP))
    expect(studio.find(".area")).to_be_visible()
    shows(studio.page, 1024, 1024)
    return studio, made


def test_areas_are_toggled(tabs: Tabs, service: Service) -> None:
    """By click and keyboard, where they are in the result; it can be undone."""
    studio, made = opened(tabs, service)
    (area,) = made["cutout"]["areas"]
    page, button = studio.page, studio.find(".area")
    is_kept = area["decision"] == "keep"
    other = f"holes={'cut' if is_kept else 'keep'}:1"
    expect(button).to_have_attribute("aria-pressed", "true" if is_kept else "false")
    box, whole = button.bounding_box(), studio.find("#canvas").bounding_box()
    assert box
    assert whole
    assert abs((box["x"] - whole["x"]) / whole["width"] - 150 / SIDE) < 0.02
    assert studio.axe_problems() == []
    button.click()
    shown_query(page, f"w=1024&{other}")
    expect(page).to_have_url(re.compile(other))
    button.press("Enter")
    shown_query(page, "w=1024")
    page.keyboard.press("Control+z")
    shown_query(page, f"w=1024&{other}")
    page.get_by_label("Format").select_option("ico")
    expect(studio.find("#file-status")).to_have_text(re.compile("^16, 32, 48 px · ICO"))
    expect(button).to_be_hidden()  # the icon is trimmed, so the area is elsewhere
    page.get_by_label("Format").select_option("png")
    expect(button).to_be_visible()
    page.get_by_label("Padding, as a number").fill("100")
    expect(button).to_have_attribute("aria-pressed", "false" if is_kept else "true")
    page.wait_for_function(
        "(width) => document.querySelector('.area').getBoundingClientRect().width < width",
        arg=0.7 * box["width"],
    )


def test_an_area_that_is_missing_is_explained(tabs: Tabs, service: Service) -> None:
    """The page shows the image as it is, and says what is wrong with its address."""
    headers = {"Content-Type": "image/png"}
    made = service.call("POST", "/images", data=ring(), headers=headers).json()
    page = tabs.open(f"{service.url}/p/{made['filename'].removesuffix('.png')}?holes=keep:24")
    expect(page.locator("#file-status")).to_contain_text("but this image has one enclosed area")
    page.wait_for_function("document.querySelector('#image').naturalWidth > 0")


def test_the_brush_is_saved_as_a_new_cutout(tabs: Tabs, service: Service) -> None:
    """After a look at the original; the image's address then leads to the new one."""
    studio, made = opened(tabs, service)
    page, image_id = studio.page, made["filename"].removesuffix(".png")
    page.get_by_role("button", name="Remove white parts").or_(
        page.get_by_role("button", name="Keep white parts")
    ).first.click()
    page.get_by_role("button", name="Compare with the original").click()
    original = studio.find(".original")
    expect(original).to_be_visible()
    page.get_by_label("How much of the original is shown").fill("75")
    expect(original).to_have_css("clip-path", re.compile(r"inset\(0px calc\(25%|inset\(0px 25%"))
    page.get_by_role("button", name="Compare with the original").click()
    page.get_by_role("button", name="Erase or restore by hand").click()
    surface = studio.find(".surface").bounding_box()
    assert surface
    page.mouse.move(surface["x"] + 0.6 * surface["width"], surface["y"] + 0.5 * surface["height"])
    page.mouse.down()
    page.mouse.move(surface["x"] + 0.7 * surface["width"], surface["y"] + 0.5 * surface["height"])
    page.mouse.up()
    page.get_by_label("Restore", exact=True).check()
    studio.find(".surface").focus()
    for _ in range(20):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert studio.axe_problems() == []
    page.get_by_role("button", name="Save cutout", exact=True).click()
    expect(page).not_to_have_url(re.compile(image_id))
    expect(studio.find("#about-title")).to_be_visible()
    expect(studio.find("#save-cutout")).to_be_hidden()
    (saved,) = service.images()
    assert (saved["parent"], saved["cost_usd"]) == (made["filename"], 0)
    path = f"/images/{saved['filename']}?w=600"
    assert opacity(service, path, 0.65, 0.5) == 0
    assert opacity(service, path, 0.5, 0.7) == 255
    assert opacity(service, f"/images/{made['filename']}?w=600", 0.65, 0.5) == 0
    page.goto(f"{service.url}/p/{image_id}?w=300")
    expect(page).to_have_url(f"{service.url}/p/{saved['filename'].removesuffix('.png')}?w=300")
    other = Studio(tabs.open(page.url, DESKTOP))  # a browser that has seen none of the strokes
    other.page.get_by_role("button", name="Erase or restore by hand").click()
    expect(other.page.get_by_role("button", name="Clear", exact=True)).to_be_enabled()
    expect(other.page.get_by_role("button", name="Undo stroke")).to_be_disabled()
    expect(other.find("#save-cutout")).to_be_hidden()
    other.find(".surface").focus()
    for _ in range(10):
        other.page.keyboard.press("ArrowLeft")
    other.page.keyboard.press("Space")
    other.page.get_by_role("button", name="Save as a new image").click()
    expect(other.page).not_to_have_url(page.url)
    expect(other.find("#about-title")).to_be_visible()
    both = service.images()[0]
    assert both["cutout_options"] == saved["cutout_options"]
    path = f"/images/{both['filename']}?w=600"
    assert [opacity(service, path, x, y) for x, y in ((0.65, 0.5), (0.5, 0.7), (0.3, 0.5))] == [
        *(0, 255, 0),
    ]
