"""Find what the prompt of an edit changes: colors of what is shown, and further motifs.

An edit says to what its colors belong: "make it blue", "a blue fox on white", "make the scarf
blue, not the fox". Each clause is read by itself. A color belongs to the motif after it, or else
to what the words before it name. The words that decide this are in vocabulary.toml.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from .dice import canonical
from .palette import ColorHint
from .prompt_reader import MAX_DISTANCE, MAX_LENGTH, TOKENS, Subject, motifs
from .vocabulary import COLORS, EDIT_WORDS

_WHOLE, _OTHER = "", "-"
"""What a color may belong to, besides a motif: the main motif, and what isn't drawn."""

_ENDS = re.compile(r"[.,;:!?\n]+")
_JOINTS = re.compile(r"['’\-\"()]")  # within words and around them
_NEGATED_WORDS = 4  # after "don't"
_LEFT_OUT_WORDS = 3  # after "instead of"

_PLAIN = (COLORS, *(EDIT_WORDS[kind] for kind in ("links", "pronouns", "modifiers", "wholes")))
"""Words that name nothing to which a color could belong, apart from what the image shows."""

Change = tuple[str, ColorHint | None]
"""A motif, or _WHOLE, with its new color; None if the edit names no color for it."""


def apply(subject: Subject, edit: str) -> Subject:
    """Return the subject as changed by an edit; the same if it names nothing known."""
    for motif, color in _changes(edit):
        if subject.motif is None and motif != _WHOLE:
            subject = replace(subject, motif=motif)
        if motif in {_WHOLE, subject.motif}:
            subject = replace(subject, color=color or subject.color)
        elif subject.companion in {None, motif}:
            subject = replace(
                subject, companion=motif, companion_color=color or subject.companion_color
            )
    return subject


def _changes(edit: str) -> Iterator[Change]:
    for clause in _clauses(edit):
        named = dict(motifs(clause))
        for position, motif in named.items():
            if not _is_negated(clause, position):
                yield motif, None
        for position, word in enumerate(clause):
            if word in COLORS and not _is_negated(clause, position):
                target = _target(clause, position, named)
                if target != _OTHER:
                    yield target, COLORS[word]


def _clauses(edit: str) -> Iterator[list[str]]:
    """Yield the words of each clause."""
    for part in _ENDS.split(canonical(edit)[:MAX_LENGTH]):
        clause: list[str] = []
        for word in TOKENS.findall(_JOINTS.sub(" ", part)):
            if word in EDIT_WORDS["conjunctions"]:
                yield clause
                clause = []
            else:
                clause.append(word)
        yield clause


def _is_negated(clause: list[str], position: int) -> bool:
    before = clause[max(position - _NEGATED_WORDS, 0) : position]
    left_out = EDIT_WORDS["leaving_out"].intersection(before[-_LEFT_OUT_WORDS:])
    return bool(left_out or EDIT_WORDS["negations"].intersection(before))


def _target(clause: list[str], position: int, named: dict[int, str]) -> str:
    """Return the motif, _WHOLE or _OTHER to which a color belongs."""
    for after in range(position + 1, min(position + 1 + MAX_DISTANCE, len(clause))):
        if after in named:
            return named[after]
        if clause[after] in EDIT_WORDS["links"] | EDIT_WORDS["pronouns"]:
            break
    following = clause[position + 1 : position + 2]
    if following and not any(following[0] in words for words in _PLAIN):
        return _OTHER  # a background, or a thing that is no motif
    return _target_before(clause, position, named)


def _target_before(clause: list[str], position: int, named: dict[int, str]) -> str:
    if position and clause[position - 1] == "on":
        return _OTHER
    for before in range(position - 1, -1, -1):
        word, previous = clause[before], clause[before - 1] if before else ""
        if before in named:
            return named[before]
        if word in EDIT_WORDS["wholes"]:
            return _WHOLE
        if word in EDIT_WORDS["backgrounds"]:
            return _OTHER
        if previous in EDIT_WORDS["before_nouns"] and not any(word in words for words in _PLAIN):
            return _OTHER
    return _WHOLE
