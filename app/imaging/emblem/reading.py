"""What a prompt asks for: the motifs and the colour that its words name."""

import re
from dataclasses import dataclass

from .dice import canonical
from .palette import Wish
from .vocabulary import COLORS, MOTIF_OF

# A word, or one sign such as an emoji; the joiners and selectors inside emoji say nothing here.
_TOKENS = re.compile(r"\w+|[^\w\s\u200d\ufe0f]")
_ENDINGS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""), ("'s", ""))
# How many words may stand between a colour and the thing that has it: "red shiny little car".
_REACH = 4

# Pairs in which a known word means something else.
_OTHERWISE = {
    ("ice", "cream"),
    ("ice", "creams"),
    ("drop", "shadow"),
    ("drop", "shadows"),
    ("negative", "space"),
    ("white", "space"),
    ("empty", "space"),
}
# What a motif already shows is no second one: a planet with rings, a tree with leaves.
_HAS = {
    "planet": {"ring", "star"},
    "tree": {"leaf", "apple"},
    "flower": {"leaf"},
    "cup": {"teapot"},
    "cake": {"fire"},
    "robot": {"gear", "computer"},
    "island": {"tree", "sun"},
    "castle": {"crown"},
    "mountain": {"snowflake", "pine", "sun"},
    "pine": {"snowflake", "tree"},
    "tent": {"pine"},
}


@dataclass(frozen=True)
class Reading:
    """The main motif, what goes with it, and the colour of the main one, as far as named."""

    motif: str | None = None
    companion: str | None = None
    wish: Wish | None = None


def read(prompt: str) -> Reading:
    """Find the first two motifs and the colour in front of the first."""
    words = _TOKENS.findall(canonical(prompt)[:4000])
    named: list[tuple[int, str]] = []
    for index, word in enumerate(words):
        motif = _motif_at(words, index, word)
        if motif and all(motif != known for _, known in named):
            named.append((index, motif))
    if not named:
        return Reading(wish=_color(words))
    place, motif = named[0]
    companion = next((other for _, other in named[1:] if other not in _HAS.get(motif, ())), None)
    return Reading(motif, companion, _color(words[max(place - _REACH, 0) : place]))


def _motif_at(words: list[str], index: int, word: str) -> str | None:
    before, after = words[max(index - 1, 0) : index], words[index + 1 : index + 2]
    if word in {"cream", "creams"} and before == ["ice"]:
        return "ice cream"
    if (word, *after) in _OTHERWISE or (*before, word) in _OTHERWISE:
        return None
    if word in MOTIF_OF:
        return MOTIF_OF[word]
    for ending, singular in _ENDINGS:
        stem = word.removesuffix(ending) + singular
        if word.endswith(ending) and stem in MOTIF_OF:
            return MOTIF_OF[stem]
    return None


def _color(words: list[str]) -> Wish | None:
    """Return the last colour named; that of the background is not the subject's."""
    for index in range(len(words) - 1, -1, -1):
        around = {*words[max(index - 1, 0) : index], *words[index + 1 : index + 3]}
        if words[index] in COLORS and not around & {"background", "backdrop", "on"}:
            return COLORS[words[index]]
    return None
