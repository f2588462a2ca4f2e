"""The painter's vocabulary, read from vocabulary.toml, which explains its fields."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .dice import Dice
from .palette import ColorHint


@dataclass(frozen=True)
class Motif:
    """A drawing that words can name; None among its colors stands for any color."""

    name: str
    colors: tuple[ColorHint | None, ...] = ()
    aloft: bool = False
    framed: bool = True
    shows: frozenset[str] = frozenset()

    def natural_color(self, dice: Dice) -> ColorHint | None:
        """Return a natural color of the motif; None for any color."""
        return dice.pick(self.colors) if self.colors else None


def _hint(numbers: Sequence[float]) -> ColorHint | None:
    return ColorHint(*numbers) if numbers else None


def _motif(name: str, entry: dict[str, Any]) -> Motif:
    known = {key: value for key, value in entry.items() if key != "words"}
    known["colors"] = tuple(map(_hint, entry.get("colors", ())))
    return Motif(name, **known)


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

MOTIFS = {name: _motif(name, entry) for name, entry in _TABLES["motifs"].items()}
WORDS: dict[str, str] = {
    word: name
    for name, entry in _TABLES["motifs"].items()
    for word in (name, *entry["words"].split())
}
COLORS = {word: ColorHint(*numbers) for word, numbers in _TABLES["colors"].items()}
COLORS |= {
    word: COLORS[name]
    for name, words in _TABLES["further_colors"].items()
    for word in words.split()
}
INVENTED: tuple[str, ...] = tuple(_TABLES["invented"])
OTHER_MEANINGS = frozenset(_TABLES["other_meanings"])
EDIT_WORDS = {kind: frozenset(words.split()) for kind, words in _TABLES["edits"].items()}
