"""What the painter knows by name; the words themselves stand in vocabulary.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .dice import Dice
from .palette import ColorHint

_FILE = Path(__file__).with_name("vocabulary.toml")


@dataclass(frozen=True)
class Motif:
    """A drawing that words can name.

    Attributes:
        name: Its name, and its file's with spaces for hyphens.
        colors: Its natural colors; None stands for any.
        aloft: Whether it hangs in the sky beside another motif.
        framed: Whether it may be put on a badge.
        shows: Names of motifs that are part of it already.
    """

    name: str
    colors: tuple[ColorHint | None, ...] = ()
    aloft: bool = False
    framed: bool = True
    shows: frozenset[str] = frozenset()

    def natural_color(self, dice: Dice) -> ColorHint | None:
        """Return a color for the motif, None for any."""
        return dice.pick(self.colors) if self.colors else None


@dataclass(frozen=True)
class Vocabulary:
    """All motifs by name, and the words that lead to them and to colors."""

    motifs: dict[str, Motif]
    words: dict[str, str]
    colors: dict[str, ColorHint]
    invented: tuple[str, ...]
    other_meanings: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary, read once."""
    raw = tomllib.loads(_FILE.read_text("utf-8"))
    motifs, words = {}, {}
    for name, entry in raw["motifs"].items():
        motifs[name] = Motif(
            name,
            colors=tuple(_hint(color) for color in entry.get("colors", ())),
            aloft=entry.get("aloft", False),
            framed=entry.get("framed", True),
            shows=frozenset(entry.get("shows", ())),
        )
        words.update(dict.fromkeys((name, *entry["words"].split()), name))
    colors = {word: ColorHint(*color) for word, color in raw["colors"].items()}
    return Vocabulary(
        motifs, words, colors, tuple(raw["invented"]), frozenset(raw["other_meanings"])
    )


def _hint(numbers: Sequence[float]) -> ColorHint | None:
    return ColorHint(*numbers) if numbers else None
