"""Prompt text: what is drawn, and the words that it is found by."""

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
    """Return the text that is drawn: the subject, a blank line and the sentence after it."""
    return f"{subject}\n\n{suffix}" if suffix else subject


def split_prompt(new_prompt: str) -> tuple[str, str]:
    """Split a text that was stored as a whole, before subject and suffix had fields of their own.

    The suffix is the last paragraph. `join_prompt` of the two gives the same text again.
    """
    subject, blank_line, suffix = new_prompt.rpartition("\n\n")
    return (subject, suffix) if blank_line and suffix else (new_prompt, "")


def fold(*texts: str) -> tuple[str, ...]:
    """Return the distinct words of the texts, sorted, with case and accents folded.

    Searching compares folded words, so it ignores case, accents, order and repetition.
    """
    decomposed = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return tuple(sorted(set(_WORD.findall(bare))))
