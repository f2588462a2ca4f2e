"""What an edit changes in the emblem of its first image."""

import io

import numpy as np
from PIL import Image

from app.painter import edit_reader, paint
from app.painter.prompt_reader import Subject, read
from app.painter.vocabulary import COLORS, EDIT_WORDS
from tests.support.tables import each_row

FOX, PAIR = "A red fox", "a red owl with a cup"


def edited(prompt: str, *edits: str) -> Subject:
    """Return the subject after all edits."""
    subject = read(prompt)
    for edit in edits:
        subject = edit_reader.apply(subject, edit)
    return subject


@each_row(
    "edit, color",
    [
        ("make it blue", "blue"),
        ("Make it BLUE!", "blue"),
        ("blue", "blue"),
        ("in blue, please", "blue"),
        ("I want a blue one", "blue"),
        ("turn the fox blue", "blue"),
        ("a blue fox", "blue"),
        ("a shiny blue little fox", "blue"),
        ("make the fox a bright shade of blue", "blue"),
        ("recolor everything to purple now", "purple"),
        ("change the color from red to green", "green"),
        ("replace the red with green", "green"),
        ("not red but green", "green"),
        ("green, not red", "green"),
        ("green instead of red", "green"),
        ("remove the green", "red"),
        ("don't make it green", "red"),
        ("without any green", "red"),
        ("make it blue on a white background", "blue"),
        ("a blue fox on white", "blue"),
        ("on a blue background", "red"),
        ("change the background to blue", "red"),
        ("the background should be deep blue, the fox green", "green"),
        ("make the scarf blue", "red"),
        ("paint the woolly scarf blue", "red"),
        ("make the fox's scarf blue", "red"),
        ("give it a blue scarf", "red"),
        ("with blue eyes", "red"),
        ("make it green and the scarf blue", "green"),
        ("make the scarf blue but the fox green", "green"),
        ("make it bigger", "red"),
        ("", "red"),
        ("mach ihn blau", "blue"),
        ("mach es bitte grün", "green"),
        ("nicht rot, sondern grün", "green"),
        ("mach den Schal blau", "red"),
        ("rends-le bleu s'il vous plaît", "blue"),
        ("hazlo azul, por favor", "blue"),
        ("hazlo verde, no rojo", "green"),
        ("coloralo di blu", "blue"),
        ("🔵", "blue"),
    ],
)
def test_an_edit_names_the_color_of_what_is_shown(edit: str, color: str) -> None:
    """The edit's color wins over the first prompt's, unless it belongs to something else."""
    assert edited(FOX, edit) == Subject("fox", None, COLORS[color])


@each_row(
    "edit, owl, cup",
    [
        ("make the cup blue", "red", "blue"),
        ("make the owl blue", "blue", None),
        ("make it blue", "blue", None),
        ("make the owl blue and the cup green", "blue", "green"),
        ("a blue cup", "red", "blue"),
        ("the cup in green, not the owl", "red", "green"),
    ],
)
def test_an_edit_names_one_of_two_motifs(edit: str, owl: str, cup: str | None) -> None:
    """The color of one motif leaves that of the other."""
    assert edited(PAIR, edit) == Subject("owl", "cup", COLORS[owl], COLORS[cup] if cup else None)


def test_edits_add_up() -> None:
    """The last color counts; what other edits changed stays."""
    assert edited(FOX, "make it blue", "make it green").color == COLORS["green"]
    assert edited(FOX, "make it blue", "make it bigger").color == COLORS["blue"]
    crowned = edited(FOX, "make it blue", "add a golden crown")
    assert crowned == Subject("fox", "crown", COLORS["blue"], COLORS["golden"])
    assert edited("serenity", "make it blue") == Subject(color=COLORS["blue"])
    assert edited(FOX, "without a crown") == read(FOX)


def test_an_edit_changes_the_colors_and_leaves_the_shapes() -> None:
    """The robot becomes blue, in the same outline."""
    red, blue = (
        _pixels(paint("a red robot", width=256, height=256, edits=e)) for e in ((), ("blue",))
    )
    assert _reddish(red) > 3 * _bluish(red)
    assert _bluish(blue) > 3 * _reddish(blue)
    assert ((red == 255).all(axis=2) == (blue == 255).all(axis=2)).mean() > 0.99


def test_an_edit_that_names_nothing_known_makes_another_emblem() -> None:
    """The painter can't do what it says, but the image isn't the same."""
    assert paint(FOX, width=96, height=96, edits=("bigger",)) != paint(FOX, width=96, height=96)


def test_a_word_has_one_meaning() -> None:
    """No color is among the words of edits."""
    assert not set(COLORS) & set().union(*EDIT_WORDS.values())


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def _reddish(pixels: np.ndarray) -> int:
    return int((pixels[..., 0] > pixels[..., 2] + 60).sum())


def _bluish(pixels: np.ndarray) -> int:
    return int((pixels[..., 2] > pixels[..., 0] + 60).sum())
