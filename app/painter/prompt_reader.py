"""Find the motifs that a prompt names, and the color of the first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .dice import canonical
from .palette import ColorHint
from .vocabulary import COLORS, MOTIFS, OTHER_MEANINGS, WORDS

TOKENS = re.compile(r"\w+|[^\w\s\u200d\ufe0f]")
"""A word, or a symbol such as an emoji. Joiners and selectors inside emoji are ignored."""
_ENDINGS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))
MAX_DISTANCE = 4
"""How many words before a motif may name its color, as in "red shiny little car"."""
MAX_LENGTH = 4000
"""The number of characters that are read."""


@dataclass(frozen=True)
class Subject:
    """The main motif, its color and a second motif, as far as named.

    Only edits name the color of the second motif.
    """

    motif: str | None = None
    companion: str | None = None
    color: ColorHint | None = None
    companion_color: ColorHint | None = None


def read(prompt: str) -> Subject:
    """Find the first two motifs and the color in front of the first."""
    words = TOKENS.findall(canonical(prompt)[:MAX_LENGTH])
    named: dict[str, int] = {}
    for position, motif in motifs(words):
        named.setdefault(motif, position)
    if not named:
        return Subject(color=_color(words))
    first, *others = named
    shown = MOTIFS[first].shows
    companion = next((other for other in others if other not in shown), None)
    position = named[first]
    return Subject(first, companion, _color(words[max(position - MAX_DISTANCE, 0) : position]))


def motifs(words: list[str]) -> Iterator[tuple[int, str]]:
    """Yield positions and motifs; pairs of words take precedence."""
    previous = ""
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        pair, next_pair = f"{previous} {word}", f"{word} {following}"
        previous = word
        motif = _lookup(pair)
        if not (motif or {pair, next_pair} & OTHER_MEANINGS or _lookup(next_pair)):
            motif = _lookup(word)
        if motif:
            yield position, motif


def _lookup(text: str) -> str | None:
    """Return the motif that the text names, in singular or plural."""
    stems = (text.removesuffix(end) + singular for end, singular in _ENDINGS if text.endswith(end))
    return next((WORDS[stem] for stem in (text, *stems) if stem in WORDS), None)


def _color(words: list[str]) -> ColorHint | None:
    """Return the last color named, except that of the background."""
    for index in range(len(words) - 1, -1, -1):
        around = {*words[max(index - 1, 0) : index], *words[index + 1 : index + 3]}
        known = COLORS.get(words[index])
        if known and not around & {"background", "backdrop", "on"}:
            return known
    return None
