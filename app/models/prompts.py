"""Prompt text: its suffix, and the words by which it is searched."""

import re
import unicodedata

PROMPT_SUFFIX = (
    "A single subject, centered and whole, on a plain pure white background, "
    "with no shadow, no frame and no text."
)
"""Added to each prompt: the cutout needs a background that differs from the subject."""

TRANSPARENT_PROMPT_SUFFIX = (
    "A single subject, centered and whole, on a transparent background, "
    "with no shadow, no frame and no text."
)
"""Added instead if the model itself draws on a transparent background."""

_WORD = re.compile(r"\w+")


def join_prompt(subject: str, suffix: str) -> str:
    """Join subject and suffix, separated by a blank line."""
    return f"{subject}\n\n{suffix}" if suffix else subject


def split_prompt(new_prompt: str) -> tuple[str, str]:
    """Split a joined prompt from a record without separate fields.

    Older records store only the joined text. The suffix is its last paragraph; `join_prompt` of
    the two parts returns the same text.
    """
    subject, blank_line, suffix = new_prompt.rpartition("\n\n")
    return (subject, suffix) if blank_line and suffix else (new_prompt, "")


def fold(*texts: str) -> tuple[str, ...]:
    """Return the sorted distinct words, without case and accents.

    Searches compare folded words, so they ignore case, accents, order and repetition.
    """
    decomposed = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return tuple(sorted(set(_WORD.findall(bare))))
