"""Content negotiation by the Accept header (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache

_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)
_MAX_ACCEPT_CHARS = 1000


def preferred(accept: str, types: Sequence[str]) -> str:
    """Return the media type with the highest weight, or the first of equals.

    Wildcards match only the last of `types`, which every client supports: `*/*` does not promise
    support for the newer ones. The last type is also the default if none is acceptable.
    """
    return _preferred(accept[:_MAX_ACCEPT_CHARS], tuple(types))


def accepts(accept: str, media_type: str) -> bool:
    """Return whether a client accepts a media type; without a header it accepts all."""
    if not accept.strip():
        return True
    weights = dict(_ranges(accept[:_MAX_ACCEPT_CHARS]))
    group = media_type.partition("/")[0] + "/*"
    return weights.get(media_type, weights.get(group, weights.get("*/*", 0.0))) > 0


@lru_cache(maxsize=512)
def _preferred(accept: str, types: tuple[str, ...]) -> str:
    weights = dict(_ranges(accept))
    *newer, fallback = types
    group = fallback.partition("/")[0] + "/*"
    by_type = {name: weights.get(name, 0.0) for name in newer}
    by_type[fallback] = weights.get(fallback, weights.get(group, weights.get("*/*", 0.0)))
    best = max(types, key=lambda name: by_type[name])  # the first among equals
    return best if by_type[best] else fallback


def _ranges(accept: str) -> list[tuple[str, float]]:
    return [_range(part) for part in accept.split(",")]


def _range(part: str) -> tuple[str, float]:
    """Return a media range and its weight; a malformed weight counts as 0."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter[:2].lower() == "q=":
            match = _WEIGHT.fullmatch(parameter)
            weight = float(match[1]) if match else 0.0
    return name.lower(), weight
