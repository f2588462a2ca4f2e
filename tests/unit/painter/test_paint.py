"""The offline painter's emblems."""

import hashlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from app.imaging.emblem import motif_of, paint
from app.imaging.emblem.compose import compose
from app.imaging.emblem.dice import Dice
from app.imaging.emblem.motifs import MOTIFS
from app.imaging.emblem.palette import MAIN, palette
from app.imaging.emblem.raster import render
from app.imaging.emblem.reading import Reading, read
from app.imaging.emblem.sketch import Sketch
from app.imaging.emblem.vocabulary import MOTIF_OF

ROOT = Path(__file__).parents[2]
WHITE = (255, 255, 255)


def picture(prompt: str, width: int = 256, height: int = 256) -> Image.Image:
    """Return the decoded emblem."""
    return Image.open(io.BytesIO(paint(prompt, width=width, height=height)))


def drawn_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box around everything that is not pure white."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, WHITE)).getbbox()
    assert box is not None
    return box


def enclosed_share(image: Image.Image) -> float:
    """Return the share of near-white pixels that no flood from the border reaches."""
    light = image.convert("L").point(lambda level: 255 if level >= 250 else 0)
    ImageDraw.floodfill(light, (0, 0), 128)
    return light.histogram()[255] / (image.width * image.height)


def test_the_same_prompt_gives_the_same_bytes_in_a_fresh_process() -> None:
    """Nothing of a process, such as its hash seed, finds its way into a picture."""
    script = (
        "import hashlib, sys; from app.imaging.emblem import paint\n"
        "for prompt in sys.argv[1:]:\n"
        "    print(hashlib.sha256(paint(prompt, width=320, height=256)).hexdigest())"
    )
    prompts = ["A cat with a crown", "serenity"]
    fresh = subprocess.run(
        [sys.executable, "-c", script, *prompts],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        text=True,
    )
    here = [hashlib.sha256(paint(p, width=320, height=256)).hexdigest() for p in prompts]
    assert fresh.stdout.split() == here


def test_ten_threads_at_once_give_the_same_bytes() -> None:
    """Painting keeps no state that threads could share."""
    with ThreadPoolExecutor(10) as pool:
        pictures = list(pool.map(lambda _: paint("a red fox", width=256, height=256), range(10)))
    assert set(pictures) == {paint("a red fox", width=256, height=256)}


@pytest.mark.parametrize("twin", ["  CAFÉ\n  au lait ", "cafe\u0301 AU\tLait"])
def test_differences_that_nobody_sees_make_no_difference(twin: str) -> None:
    """Case, spacing and Unicode form of a prompt do not change its picture."""
    assert paint(twin, width=96, height=96) == paint("café au lait", width=96, height=96)


@pytest.mark.parametrize(
    ("width", "height"),
    [(1024, 1024), (1536, 1024), (1024, 1536), (64, 64), (333, 127), (65, 2048), (2048, 2047)],
)
def test_a_picture_has_the_size_asked_for_and_a_white_border(width: int, height: int) -> None:
    """It is an opaque RGB PNG, centred, pure white on at least 3% of the shorter side all round."""
    image = picture("a bear and a bee", width, height)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (width, height))
    assert "transparency" not in image.info
    left, top, right, low = drawn_box(image)
    margin = 0.03 * min(width, height)
    assert min(left, top, width - right, height - low) >= margin
    assert abs(left - (width - right)) <= 3
    assert abs(top - (height - low)) <= 3


@pytest.mark.parametrize("prompt", ["a key", "a rainbow", "a pencil", "two words", "cat and sun"])
def test_the_subject_fills_the_picture(prompt: str) -> None:
    """Its longer side spans 70 to 85% of the picture's shorter one."""
    left, top, right, low = drawn_box(picture(prompt, 768, 512))
    assert 0.70 * 512 <= max(right - left, low - top) <= 0.85 * 512


@pytest.mark.parametrize(
    ("prompt", "share"), [("panda", 0.05), ("a mug", 0.01), ("penguin", 0.05), ("white cat", 0.02)]
)
def test_white_parts_inside_the_subject_are_enclosed(prompt: str, share: float) -> None:
    """White fur, eyes, rims and handles cannot be reached from the background."""
    assert enclosed_share(picture(prompt)) >= share


@pytest.mark.parametrize("motif", ["doughnut", "gear", "ring", "padlock", "trophy", "bicycle"])
def test_holes_show_the_paper(motif: str) -> None:
    """Rings and handles enclose pure white, whatever else is drawn around them."""
    dice = Dice(motif)
    emblem = MOTIFS[motif]
    sketch = Sketch()
    emblem.draw(sketch, dice)
    image = Image.open(io.BytesIO(render(sketch, palette(dice, None), 256, 256, 0.8)))
    assert enclosed_share(image) > 0.015


def test_different_prompts_look_different() -> None:
    """80 prompts give 80 pictures, also where their words name the same motif."""
    prompts = [f"{what} number {n}" for what in ("cat", "wonder", "rocket", "") for n in range(20)]
    assert len({picture(prompt, 64, 64).tobytes() for prompt in prompts}) == 80


@pytest.mark.parametrize(
    ("prompt", "motif"),
    [
        ("A fluffy CAT", "cat"),
        ("three kittens", "cat"),
        ("man's best friend: dogs", "dog"),
        ("wolves and foxes", "fox"),
        ("autumn leaves", "leaf"),
        ("wild berries", "strawberry"),
        ("ice cream on a beach", "ice cream"),
        ("ice on the lake", "snowflake"),
        ("morning coffee", "cup"),
        ("launch 🚀!", "rocket"),
        ("I ❤\ufe0f you", "heart"),
        ("a logo with a drop shadow", None),
        ("concatenate", None),
        ("", None),
    ],
)
def test_known_words_choose_their_motif(prompt: str, motif: str | None) -> None:
    """Singular, plural, synonym and emoji count as whole words; others choose nothing."""
    assert motif_of(prompt) == motif


def test_the_motif_that_the_words_name_is_the_one_drawn() -> None:
    """The reading decides the drawing; a second motif goes with the first."""
    reading = read("an owl with a book")
    assert (reading.motif, reading.companion) == ("owl", "book")
    assert compose(reading, Dice("any"))[0] == "owl"
    assert compose(Reading(), Dice("any"))[0] in MOTIFS


def test_a_colour_belongs_to_the_subject_not_to_the_background() -> None:
    """A blue cup is blue; a white background leaves it so."""
    plain = read("a cup on a plain white background, isolated on white")
    assert plain.wish is None
    blue = read("a shiny blue cup on a white background").wish
    assert blue is not None
    assert blue.hue == pytest.approx(255, abs=15)
    red, _, low = palette(Dice("any"), read("a bright red heart").wish)[3 * MAIN : 3 * MAIN + 3]
    assert red > 2 * low


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " \n ",
        "🦄🌈✨",
        "قطة على القمر",
        "\u202eevil\u202c",
        "x" * 4000,
        "cat " * 1000,
        "\ud800",
    ],
)
def test_odd_prompts_get_a_picture_as_well(prompt: str) -> None:
    """Nothing that a text can hold makes the painter fail or return an empty sheet."""
    left, _, right, _ = drawn_box(picture(prompt, 96, 96))
    assert right - left > 20


@pytest.mark.parametrize(("width", "height"), [(63, 64), (64, 2049), (0, 1024), (1024, -1)])
def test_sizes_out_of_range_are_refused(width: int, height: int) -> None:
    """A side below 64 or above 2048 pixels raises ValueError."""
    with pytest.raises(ValueError, match="64 to 2048"):
        paint("cat", width=width, height=height)


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_every_motif_can_be_drawn(motif: str) -> None:
    """Six variants of each are drawn, and one, alone or on a badge, stays within the border."""
    for variant in range(6):
        sketch = Sketch()
        MOTIFS[motif].draw(sketch, Dice(f"{motif} {variant}"))
        assert len(sketch.operations) > 3
    name, emblem = compose(Reading(motif), Dice(motif))
    assert name == motif
    image = Image.open(io.BytesIO(render(emblem, palette(Dice("p"), None), 64, 64, 0.84)))
    left, top, right, low = drawn_box(image)
    assert min(left, top, 64 - right, 64 - low) >= 2


def test_every_word_leads_to_a_motif_that_exists() -> None:
    """The vocabulary names no motif that nobody draws."""
    assert set(MOTIF_OF.values()) <= set(MOTIFS)
