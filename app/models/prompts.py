"""Prompt text: what is drawn, and the words that it is found by."""

import re
import unicodedata

_WORD = re.compile(r"\w+")


def fold(*texts: str) -> tuple[str, ...]:
    """Return the distinct words of the texts, sorted, with case and accents folded.

    Searching compares folded words, so it ignores case, accents, order and repetition.
    """
    decomposed = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return tuple(sorted(set(_WORD.findall(bare))))
