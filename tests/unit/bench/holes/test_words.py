"""What is counted about the words of prompts."""

import json

import numpy as np
import pytest

from app.imaging.cutout.holes import words as prompt_words
from bench.holes import table, words
from bench.holes.table import HoleTable


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    """Return the evidence of each word in the training set."""
    data = table.load()
    return words.count_words(data, ~data.held_out[data.image])


def test_shipped_words_are_those_counted(counted: dict[str, float]) -> None:
    """The file that the cutout reads is what the training set and the list by hand give."""
    assert json.loads(prompt_words.WORDS_FILE.read_text("utf-8")) == counted


@pytest.mark.parametrize(
    "word", ["logo", "app", "icon", "emblem", "team", "simple", "shop", "company", "blue", "two"]
)
def test_words_about_the_kind_of_image_say_nothing(counted: dict[str, float], word: str) -> None:
    """A logo for a team has no more holes than another: such words stand in most prompts."""
    assert word not in counted


def test_prompts_of_the_painter_count_as_their_motif() -> None:
    """Its prompts have words beside the motif, such as "in a circle", that it does not draw."""
    motifs = ["gnu", "yak", "emu", "auk"]
    source = np.array(["painter"] * 4 + ["twemoji"] * 4)
    data = HoleTable(
        features=np.zeros((8, 50), np.float16),
        subject=source == "painter",
        area=np.full(8, 4000),
        image=np.arange(8),
        source=source,
        name=np.array([f"{motif} in a hexagon" for motif in motifs] + ["ring"] * 4),
        group=np.array(motifs + ["ring"] * 4),
        background=np.full(8, "white"),
        held_out=np.zeros(8, bool),
    )
    assert "hexagon" not in words.count_words(data, np.ones(8, bool))
