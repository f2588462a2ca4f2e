"""Which format a caller's Accept header prefers (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache

_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)
_LONGEST = 1000


def preferred(accept: str, types: Sequence[str]) -> str:
    """Return the type with the highest weight, the earlier one of equals.

    A wildcard counts for the last of `types` only, which everybody can read: who accepts anything
    has not said to understand the newer ones. It is also what is left if nothing is accepted.
    """
    return _preferred(accept[:_LONGEST], tuple(types))


@lru_cache(maxsize=512)
def _preferred(accept: str, types: tuple[str, ...]) -> str:
    weights = dict(_ranges(accept))
    *newer, plain = types
    group = plain.partition("/")[0] + "/*"
    known = {name: weights.get(name, 0.0) for name in newer}
    known[plain] = weights.get(plain, weights.get(group, weights.get("*/*", 0.0)))
    best = max(types, key=lambda name: known[name])  # the first of equals
    return best if known[best] else plain


def _ranges(accept: str) -> list[tuple[str, float]]:
    return [_range(part) for part in accept.split(",")]


def _range(part: str) -> tuple[str, float]:
    """Return a media range with its weight; one that can't be read has none."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter[:2].lower() == "q=":
            found = _WEIGHT.fullmatch(parameter)
            weight = float(found[1]) if found else 0.0
    return name.lower(), weight
