"""Choices that depend on a text and on nothing else."""

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def canonical(prompt: str) -> str:
    """Return the prompt without differences in case, spacing and Unicode form."""
    folded = unicodedata.normalize("NFC", prompt).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


class Dice:
    """An endless sequence of throws, the same for the same text on every machine.

    It runs on SHA-256 in counter mode: `random.Random` promises the same floats across Python
    versions, but not the same `choice` or `shuffle`.
    """

    def __init__(self, text: str) -> None:
        # A lone surrogate can arrive through JSON escapes; it is as good a seed as any.
        self._key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._turn = 0

    def branch(self, name: str) -> "Dice":
        """Return an independent sequence, so that one part's choices don't move another's."""
        return Dice(f"{self._key.hex()}/{name}")

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        self._turn += 1
        block = hashlib.sha256(self._key + self._turn.to_bytes(8, "big")).digest()
        return low + (high - low) * int.from_bytes(block[:6], "big") / 2**48

    def chance(self, share: float) -> bool:
        """Return True in a `share` (0..1) of all throws."""
        return self.between(0, 1) < share

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.between(0, len(options)))]
