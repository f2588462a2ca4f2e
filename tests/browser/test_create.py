"""The page that generates images: candidates, queue, styles, prices and own images."""

import base64
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.studio import PHONE, Tabs
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.service import Service, patient_settings, serving, settings_for

EXAMPLES = Path(__file__).resolve().parents[2] / "app/static/studio/examples"


def test_the_prompt_has_help(tabs: Tabs, service: Service) -> None:
    """Examples, styles, history, suggestions and a counter fill the prompt, and only that."""
    studio = tabs.studio(service.url, PHONE, "dark")
    page, prompt = studio.page, studio.find("#prompt")
    expect_height(page, 0, 60)  # one line at first
    examples = studio.find("#examples img")
    expect(examples).to_have_count(6)
    widths = examples.evaluate_all(
        "(all) => Promise.all(all.map((img) => img.decode().then(() => img.naturalWidth)))"
    )
    assert widths == [320] * 6
    page.get_by_role("button", name="An owl reading a book").click()
    expect(prompt).to_have_value("An owl reading a book")
    styles = page.get_by_role("group", name="Style").get_by_role("button")
    expect(styles).to_have_count(6)
    page.get_by_role("button", name="Watercolor").click()
    expect(prompt).to_have_value(
        "An owl reading a book, soft watercolor painting, visible brush strokes"
    )
    page.get_by_role("button", name="Sticker").click()
    expect(prompt).to_have_value(
        "An owl reading a book, die-cut sticker with a thick white outline"
    )
    expect(page.get_by_role("button", name="Watercolor")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Sticker").click()
    expect(prompt).to_have_value("An owl reading a book")
    place = studio.find("#generate-form").evaluate("(form) => form.offsetTop")
    studio.generate("An owl")
    page.wait_for_function(
        "(place) => document.querySelector('#generate-form').offsetTop === place", arg=place
    )
    prompt.fill("")
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="An owl", exact=True).click()
    expect(prompt).to_have_value("An owl")
    prompt.fill("שועל אדום " * 20)
    expect_height(page, 60, 1000)  # it grows
    assert prompt.evaluate("(box) => getComputedStyle(box).direction") == "rtl"
    expect(studio.find("#counter")).to_be_empty()
    prompt.fill("x" * 3900)
    expect(studio.find("#counter")).to_have_text("3,900 of 4,000 characters")
    page.get_by_role("button", name="Suggest a prompt").click()
    expect(prompt).not_to_have_value("x" * 3900)


def expect_height(page: Page, least: int, most: int) -> None:
    """Wait until the height of the prompt's box is between these limits, in pixels."""
    page.wait_for_function(
        """([least, most]) => {
          const height = document.querySelector("#prompt").clientHeight;
          return least < height && height < most;
        }""",
        arg=[least, most],
    )


def test_candidates_stand_side_by_side(tabs: Tabs, service: Service) -> None:
    """Each leads to its page; one can be kept, the others restored, and the prompt repeated."""
    studio = tabs.studio(service.url)
    page, images = studio.page, studio.find(".candidate a img")
    page.get_by_role("combobox", name="Images").select_option("3")
    studio.submit("A red fox")
    studio.expect_status("3 of 3 images · Free (demo)")
    expect(images).to_have_count(3)
    shown = images.evaluate_all(
        """(all) => Promise.all(all.map((img) => img.decode())).then(() => all.map(
          (img) => [img.getBoundingClientRect().y, img.currentSrc]))"""
    )
    assert len({y for y, _ in shown}) == 1
    assert all("w=512&format=webp" in source for _, source in shown)
    expect(studio.find("#gallery li")).to_have_count(3)
    assert studio.axe_problems() == []
    page.get_by_role("button", name="Keep only this").nth(1).click()
    expect(images).to_have_count(1)
    expect(studio.find("#gallery li")).to_have_count(1)
    expect(studio.find("#gallery-status")).to_have_text("1 image")
    page.get_by_role("button", name="Undo").click()
    expect(studio.find("#gallery li")).to_have_count(3)
    page.get_by_role("button", name="Regenerate").click()
    expect(studio.find("#gallery li")).to_have_count(6)
    studio.expect_status("3 of 3 images")
    assert len({image["group"] for image in service.images()}) == 2


def test_requests_wait_in_a_queue(tabs: Tabs, tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Prices and budget are shown; what waits can be cancelled and survives a reload."""
    end = threading.Event()
    fake_openai.script("images", Fault.until(end))
    settings = settings_for(
        data_dir=tmp_path, server_budget="20/day", **patient_settings(fake_openai)
    )
    with serving(settings) as service:
        studio = tabs.studio(service.url)
        expect(studio.find("#left")).to_have_text("$20.00 left this day")
        qualities = studio.page.get_by_label("Quality").locator("option").all_inner_texts()
        assert [text.partition(" · $")[0] for text in qualities][1:3] == ["Low", "Medium"]
        assert all(float(text.partition(" · $")[2]) > 0 for text in qualities)
        studio.submit("A red fox")
        studio.expect_status("Generating …")
        queue = studio.find("#queue li")
        for number, prompt in enumerate(("A blue whale", "A green frog"), 1):
            studio.page.get_by_label("Describe your image").fill(prompt)
            studio.page.get_by_role("button", name="Add to queue").click()
            expect(queue).to_have_count(number)
        studio.page.get_by_role("button", name="Cancel: A blue whale").click()
        studio.page.reload()
        expect(queue).to_have_count(1)
        studio.expect_status("Still being generated.")
        end.set()
        wait_until(lambda: len(service.images()) == 2)
        expect(queue).to_have_count(0)
        studio.expect_status("Done in")
        expect(studio.find("#left")).not_to_have_text("$20.00 left this day")
    assert fake_openai.paid == 2


def test_a_sent_request_goes_on_without_the_page(
    tabs: Tabs, tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """One can stop waiting for it; its key is kept until its image is there, and paid once."""
    end = threading.Event()
    fake_openai.script("images", Fault.until(end))
    with serving(settings_for(data_dir=tmp_path, **patient_settings(fake_openai))) as service:
        studio = tabs.studio(service.url)
        page, leave = studio.page, studio.page.get_by_role("button", name="Stop waiting")
        kept = "JSON.parse(localStorage['image-generator-pending'] ?? '[]').length"
        expect(leave).to_be_hidden()
        studio.submit("A red fox")
        studio.expect_status("Generating …")
        leave.click()
        studio.expect_status("The image is still being paid for; it will appear in the gallery.")
        expect(studio.find("#prompt")).to_be_focused()
        expect(leave).to_be_hidden()
        assert page.evaluate(kept) == 1
        assert studio.axe_problems() == []
        studio.generate("A blue whale")
        expect(studio.find("#gallery li")).to_have_count(1)
        assert page.evaluate(kept) == 1
        end.set()
        expect(studio.find("#toasts")).to_contain_text("Ready: A red fox")
        expect(studio.find("#gallery li")).to_have_count(2)
        studio.expect_status("Done in")
        page.wait_for_function(f"{kept} === 0")
    assert fake_openai.paid == 2


def test_errors_count_down_to_the_next_try(tabs: Tabs, tmp_path: Path) -> None:
    """The button says when the server allows another try, and can't be used before."""
    with serving(settings_for(data_dir=tmp_path, rate_limit_generate="1/hour")) as service:
        studio = tabs.studio(service.url)
        studio.generate("A red fox")
        studio.submit("A blue whale")
        studio.expect_status("You've hit the rate limit.")
        retry = studio.find("#retry")
        expect(retry).to_be_disabled()
        expect(retry).to_contain_text("Try again in")
        expect(studio.find("#examples")).to_be_visible()
        assert studio.axe_problems() == []


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_own_images_are_cut_out(tabs: Tabs, service: Service, way: str) -> None:
    """A file is uploaded and shown like a generated image; what is no image is explained."""
    studio = tabs.studio(service.url)
    bring = """([way, text, name, type]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type }));
          const options = { bubbles: true, cancelable: true };
          if (way === "choose") {
            const input = document.querySelector("#file");
            input.files = data.files;
            input.dispatchEvent(new Event("change"));
          } else if (way === "paste") {
            const clipboard = { ...options, clipboardData: data };
            document.body.dispatchEvent(new ClipboardEvent("paste", clipboard));
          } else {
            for (const type of ["dragenter", "dragover", "drop"]) {
              document.body.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: data }));
            }
          }
        }"""
    owl = base64.b64encode((EXAMPLES / "owl.webp").read_bytes()).decode()
    studio.page.evaluate(bring, [way, owl, "my-owl_2.webp", "image/webp"])
    studio.expect_status("Background removed · Free.")
    expect(studio.find("#open-result")).to_be_visible()
    expect(studio.find("#gallery .prompt")).to_have_text("my owl 2")
    assert [image["provider"] for image in service.images()] == ["upload"]
    expect(studio.find("#drop")).to_be_hidden()
    studio.page.evaluate(bring, [way, "bm90IGFuIGltYWdl", "notes.png", "image/png"])
    expect(studio.find("#status")).to_have_attribute("data-tone", "error")
    expect(studio.find("#generate")).to_have_text("Generate")
