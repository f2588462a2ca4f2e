"""The offline painter's emblems."""

import hashlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from app.painter import drafts, paint, paint_transparent
from app.painter.composition import compose
from app.painter.dice import Dice
from app.painter.prompt_reader import Subject
from app.painter.vocabulary import INVENTED, MOTIFS
from tests.support.tables import each_row

ROOT = Path(__file__).parents[3]
WHITE = (255, 255, 255)


def painted(prompt: str, width: int = 256, height: int = 256) -> Image.Image:
    """Return the decoded emblem."""
    return Image.open(io.BytesIO(paint(prompt, width=width, height=height)))


def drawn_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box around everything that is not pure white."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, WHITE)).getbbox()
    assert box is not None
    return box


def enclosed_share(image: Image.Image) -> float:
    """Return the share of near-white pixels that no flood from the border reaches."""
    light = image.convert("L").point(lambda level: 255 if level >= 248 else 0)
    ImageDraw.floodfill(light, (0, 0), 128)
    return light.histogram()[255] / (image.width * image.height)


def test_the_same_prompt_gives_the_same_bytes_in_a_fresh_process() -> None:
    """Nothing of a process, such as its hash seed, affects an image."""
    script = (
        "import hashlib, sys; from app.painter import paint\n"
        "for prompt in sys.argv[1:]:\n"
        "    png = paint(prompt, width=320, height=256, background='#123456')\n"
        "    print(hashlib.sha256(png).hexdigest())"
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
    here = [paint(p, width=320, height=256, background="#123456") for p in prompts]
    assert fresh.stdout.split() == [hashlib.sha256(png).hexdigest() for png in here]


def test_ten_concurrent_threads_get_the_same_bytes() -> None:
    """Painting keeps no state that threads could share."""
    with ThreadPoolExecutor(10) as pool:
        images = list(pool.map(lambda _: paint("a red fox", width=256, height=256), range(10)))
    assert set(images) == {paint("a red fox", width=256, height=256)}


@pytest.mark.parametrize("twin", ["  CAFÉ\n  au lait ", "cafe\u0301 AU\tLait"])
def test_invisible_differences_make_no_difference(twin: str) -> None:
    """Case, spacing and Unicode form of a prompt do not change its image."""
    assert paint(twin, width=96, height=96) == paint("café au lait", width=96, height=96)


@each_row(
    "width, height",
    [(1024, 1024), (1536, 1024), (1024, 1536), (64, 64), (333, 127), (65, 2048), (2048, 2047)],
)
def test_an_image_has_the_requested_size_and_a_white_border(width: int, height: int) -> None:
    """The image is an opaque RGB PNG, centered, with a pure white border of 3% or more."""
    image = painted("a bear and a bee", width, height)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (width, height))
    assert "transparency" not in image.info
    left, top, right, low = drawn_box(image)
    margin = 0.03 * min(width, height)
    assert min(left, top, width - right, height - low) >= margin
    assert abs(left - (width - right)) <= 3
    assert abs(top - (height - low)) <= 3


@pytest.mark.parametrize("prompt", ["a key", "a rainbow", "a pencil", "two words", "cat and sun"])
def test_the_subject_fills_the_image(prompt: str) -> None:
    """Its longer side spans 70 to 85% of the image's shorter one."""
    left, top, right, low = drawn_box(painted(prompt, 768, 512))
    assert 0.70 * 512 <= max(right - left, low - top) <= 0.85 * 512


@pytest.mark.parametrize(
    ("prompt", "share"), [("panda", 0.05), ("a mug", 0.01), ("penguin", 0.05), ("white cat", 0.02)]
)
def test_white_parts_inside_the_subject_are_enclosed(prompt: str, share: float) -> None:
    """White fur, eyes, rims and handles cannot be reached from the background."""
    assert enclosed_share(painted(prompt)) >= share


@pytest.mark.parametrize("prompt", ["panda", "a mug", "serenity", "cat and sun", "a doughnut"])
def test_two_backgrounds_give_the_true_opacity(prompt: str) -> None:
    """Opacity recovered from black and white is that of the transparent image, to one level."""
    black, white = (
        np.asarray(
            Image.open(io.BytesIO(paint(prompt, width=320, height=200, background=color))), np.int16
        )
        for color in ("#000000", "#ffffff")
    )
    transparent = np.asarray(paint_transparent(prompt, width=320, height=200), np.int16)
    recovered = 255 - (white - black)
    assert np.abs(recovered - transparent[..., 3:]).max() <= 1
    opaque = transparent[..., 3] == 255
    assert (black[opaque] == transparent[opaque][:, :3]).all()
    assert 0.1 < opaque.mean() < 0.9


@pytest.mark.parametrize("prompt", ["panda", "a white cat sticker", "a daisy", "a camera badge"])
def test_white_parts_differ_from_a_white_background(prompt: str) -> None:
    """A cutout can distinguish them from holes; with another white they have that color."""
    pixels = np.asarray(paint_transparent(prompt, width=256, height=256))
    opaque = pixels[pixels[..., 3] == 255][:, :3]
    assert not (opaque == WHITE).all(axis=1).any()
    assert (opaque == (250, 249, 246)).all(axis=1).mean() > 0.02
    pixels = np.asarray(paint_transparent(prompt, width=256, height=256, white="#ffffff"))
    assert (pixels[pixels[..., 3] == 255][:, :3] == WHITE).all(axis=1).mean() > 0.02


def test_only_the_background_depends_on_the_background() -> None:
    """Opaque pixels are the same on any background, and transparent ones are the background."""
    green = np.asarray(Image.open(io.BytesIO(paint("a ring", background="#00ff7F"))))
    white = np.asarray(Image.open(io.BytesIO(paint("a ring"))))
    opacity = np.asarray(paint_transparent("a ring"))[..., 3]
    assert (green[opacity == 255] == white[opacity == 255]).all()
    assert (green[opacity == 0] == (0, 255, 127)).all()


def test_different_prompts_look_different() -> None:
    """80 prompts give 80 images, also where their words name the same motif."""
    prompts = [f"{what} number {n}" for what in ("cat", "wonder", "rocket", "") for n in range(20)]
    assert len({painted(prompt, 64, 64).tobytes() for prompt in prompts}) == 80


@each_row(
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
def test_odd_prompts_get_an_image_as_well(prompt: str) -> None:
    """Nothing that a text can hold makes the painter fail or return a blank image."""
    left, _, right, _ = drawn_box(painted(prompt, 96, 96))
    assert right - left > 20


@pytest.mark.parametrize(("width", "height"), [(63, 64), (64, 2049), (0, 1024), (1024, -1)])
def test_sizes_out_of_range_are_refused(width: int, height: int) -> None:
    """A side below 64 or above 2048 pixels raises ValueError."""
    with pytest.raises(ValueError, match="64 to 2048"):
        paint("cat", width=width, height=height)


@each_row("background", ["", "white", "#fff", "#fffffff", "#12345g", "#ffffff\n"])
def test_bad_backgrounds_are_refused(background: str) -> None:
    """A background that isn't written as #rrggbb raises ValueError."""
    with pytest.raises(ValueError, match="#ffffff"):
        paint("cat", background=background)


@each_row("name", sorted(MOTIFS))
def test_every_motif_can_be_painted(name: str) -> None:
    """The motif that is named is the one drawn, and it stays within the border."""
    assert compose(Subject(name), Dice(name)).motif == name
    left, top, right, low = drawn_box(painted(name, 64, 64))
    assert min(left, top, 64 - right, 64 - low) >= 2


def test_layouts_and_second_motifs_differ() -> None:
    """Emblems stand alone, on badges and as stickers; a second motif makes a pair."""
    emblems = [compose(Subject("cat"), Dice(str(n))) for n in range(12)]
    assert {"clipPath" in emblem.markup for emblem in emblems} == {True, False}
    alone, pair = compose(Subject("owl"), Dice("1")), compose(Subject("owl", "book"), Dice("1"))
    assert pair.motif == alone.motif == "owl"
    assert pair.markup != alone.markup
    assert compose(Subject(), Dice("any")).motif in INVENTED


def test_drafts_become_sharper() -> None:
    """Each draft is an RGB PNG of at most 512 pixels with more detail than the one before."""
    png = paint("a cat", width=768, height=512)
    images = [Image.open(io.BytesIO(draft)) for draft in drafts(png, 3)]
    assert {(image.mode, image.size) for image in images} == {("RGB", (512, 341))}
    detail = [np.abs(np.diff(np.asarray(image, np.int16), axis=1)).mean() for image in images]
    assert detail == sorted(detail)
    assert not list(drafts(png, 0))
