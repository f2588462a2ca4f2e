"""What the words of a prompt say about enclosed areas of background color."""

import json
import re
from functools import lru_cache
from pathlib import Path

WORDS_FILE = Path(__file__).with_name("words.json")
MAX_EVIDENCE = 0.8  # log-odds, of a word and of a prompt: no match for a clear shape
_MAX_LENGTH = 4000  # of a prompt
_ENDINGS = (("ies", "y"), ("ves", "f"), ("sses", "ss"), ("s", ""))
_WORD = re.compile("[a-z]+")
# The background is often mentioned, and says nothing about the subject.
_BACKGROUND = re.compile(
    r"\b(?:on|against|with|over)? ?(?:an? |the )?(?:[a-z]+ ){0,2}(?:background|backdrop)\b"
)


def evidence(prompt: str) -> float:
    """Return log-odds that enclosed areas are subject, 0.0 if no word is known.

    Args:
        prompt: what the image shows; "" if unknown.
    """
    text = _BACKGROUND.sub(" ", prompt[:_MAX_LENGTH].lower())
    known = _load()
    found = {stem(word) for word in _WORD.findall(text)}
    total = sum(known.get(word, 0.0) for word in sorted(found))
    return max(-MAX_EVIDENCE, min(MAX_EVIDENCE, total))


def stem(word: str) -> str:
    """Return the singular of a word."""
    for ending, singular in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            return word.removesuffix(ending) + singular
    return word


@lru_cache(maxsize=1)
def _load() -> dict[str, float]:
    """Read the file that bench/holes/words.py wrote."""
    return {str(word): float(value) for word, value in json.loads(WORDS_FILE.read_text()).items()}
