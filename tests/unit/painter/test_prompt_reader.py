"""What the painter finds in a prompt."""

import pytest

from app.painter import motif_of
from app.painter.dice import Dice
from app.painter.palette import palette
from app.painter.prompt_reader import read
from app.painter.vocabulary import COLORS, INVENTED, MOTIFS, WORDS
from tests.support.tables import each_row


@each_row(
    "prompt, motif",
    [
        ("A fluffy CAT", "cat"),
        ("three kittens", "cat"),
        ("man's best friend: dogs", "dog"),
        ("wolves and foxes", "fox"),
        ("autumn leaves", "leaf"),
        ("wild berries", "strawberry"),
        ("ice cream on a beach", "ice cream"),
        ("two ice creams", "ice cream"),
        ("ice on the lake", "snowflake"),
        ("morning coffee", "cup"),
        ("launch 🚀!", "rocket"),
        ("I ❤\ufe0f you", "heart"),
        ("a logo with a drop shadow", None),
        ("a fox in negative space", "fox"),
        ("concatenate", None),
        ("", None),
    ],
)
def test_known_words_choose_their_motif(prompt: str, motif: str | None) -> None:
    """Singular, plural, synonym and emoji count as whole words; others choose nothing."""
    assert motif_of(prompt) == motif


def test_a_second_motif_goes_with_the_first() -> None:
    """The first word decides the motif, the next one its companion, unless it is shown already."""
    subject = read("an owl with a book")
    assert (subject.motif, subject.companion) == ("owl", "book")
    assert read("a planet with rings, and a cat").companion == "cat"
    assert read("cats, a cat and kittens").companion is None


def test_a_color_belongs_to_the_subject_not_to_the_background() -> None:
    """A blue cup is blue; a white background leaves it so."""
    assert read("a cup on a plain white background, isolated on white").color is None
    blue = read("a shiny blue cup on a white background").color
    assert blue is not None
    assert blue.hue == pytest.approx(255, abs=15)
    main = palette(Dice("any"), read("a bright red heart").color)["main"]
    assert int(main[1:3], 16) > 2 * int(main[5:7], 16)


def test_a_color_is_found_without_a_motif() -> None:
    """Words that name no motif can still name the color of what is invented."""
    assert read("green serenity").color == COLORS["green"]


def test_every_name_in_the_vocabulary_exists() -> None:
    """Words, invented motifs and what a motif shows lead to motifs of the vocabulary."""
    assert {*WORDS.values(), *INVENTED} <= set(MOTIFS)
    assert {name for motif in MOTIFS.values() for name in motif.shows} <= set(MOTIFS)
    assert all(WORDS[name] == name for name in MOTIFS)
