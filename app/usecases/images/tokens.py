"""Folds text into words, so that searching ignores case, accents and order."""

import re
import unicodedata

_WORD = re.compile(r"\w+")


def fold(*texts: str) -> tuple[str, ...]:
    """Return the distinct words of the texts, case and accents folded, sorted."""
    decomposed = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return tuple(sorted(set(_WORD.findall(bare))))
