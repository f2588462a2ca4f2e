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

MAX_PROMPT_CHARS = 4000
"""Of a prompt, whether a caller or the text model wrote it."""

MAX_ENHANCEMENT_BYTES = 2048
"""By which an enhanced prompt may be longer than the caller's; more than eighty words."""

MAX_ENHANCING_TOKENS = 4096
"""Output of the text model for an enhanced prompt, with the reasoning before it."""

MAX_INVENTING_TOKENS = 8192
"""The same for a pool of invented prompts: more than forty of twenty words."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no prompt contains."""

# Scripts that write words without spaces (Han, kana, Bopomofo, Thai, Lao, Burmese, Khmer) or add
# particles to them (Hangul), with their marks, and without their punctuation.
_UNSPACED = (
    r"\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    r"\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0ece\u0ed0-\u0edf"
    r"\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17d7\u17dc-\u17e9"
)
# Letters, digits and, in Indic scripts, vowel signs.
_LETTER = r"[\w\u0900-\u0963\u0966-\u0df3]"
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}]){_LETTER})+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def join_prompt(subject: str, suffix: str) -> str:
    """Join subject and suffix, separated by a blank line."""
    return f"{subject}\n\n{suffix}" if suffix else subject


def is_prompt(text: str) -> bool:
    """Return whether a text meets the rules for callers' prompts."""
    is_short = len(text.strip()) > 0 and len(text) <= MAX_PROMPT_CHARS
    return is_short and not CONTROL_CHARACTERS.search(text)


def split_prompt(new_prompt: str) -> tuple[str, str]:
    """Split a joined prompt from a record without separate fields.

    Older records store only the joined text. The suffix is its last paragraph; `join_prompt` of
    the two parts returns the same text.
    """
    subject, blank_line, suffix = new_prompt.rpartition("\n\n")
    return (subject, suffix) if blank_line and suffix else (new_prompt, "")


def fold(*texts: str) -> tuple[str, ...]:
    """Return the sorted distinct words, without case and accents.

    Searches compare folded words, so they ignore case, accents, order and repetition. Text in a
    script without spaces, such as Chinese or Thai, has no visible words: as far as it reaches
    without punctuation, it counts as one word.
    """
    decomposed = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    bare = "".join(char for char in decomposed if not _is_accent(char))
    # Composes Hangul syllables and voiced kana again.
    return tuple(sorted(set(_RUN.findall(unicodedata.normalize("NFC", bare)))))


def _is_accent(char: str) -> bool:
    return unicodedata.combining(char) > 0 and not is_unspaced(char)


def is_unspaced(text: str) -> bool:
    """Return whether a text begins with a character of a script without spaces."""
    return _IS_UNSPACED.match(text) is not None
