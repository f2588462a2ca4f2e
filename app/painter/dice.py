"""Deterministic random choices, seeded by a string."""

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
    """An endless sequence of random numbers, determined by a string.

    It uses SHA-256 in counter mode, so it is the same on every machine. `random.Random` guarantees
    the same floats in all Python versions, but not the same `choice` or `shuffle`.
    """

    def __init__(self, text: str) -> None:
        # Lone surrogates are possible: JSON escapes can contain them.
        self._key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._counter = 0

    def branch(self, name: str) -> "Dice":
        """Return an independent sequence: changes of one part don't affect others."""
        return Dice(f"{self._key.hex()}/{name}")

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        self._counter += 1
        block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
        return low + (high - low) * int.from_bytes(block[:6], "big") / 2**48

    def chance(self, share: float) -> bool:
        """Return True with the probability `share` (0 to 1)."""
        return self.between(0, 1) < share

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.between(0, len(options)))]
