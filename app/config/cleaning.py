"""Cleaning of values: what surrounds a value when it was copied from elsewhere.

Secrets files end with a line feed, chat programs and word processors turn quotes into curly ones,
web pages hide zero-width characters in what is copied from them, and `docker run --env-file` keeps
the quotes that a shell would remove.
"""

import re
import unicodedata
from collections.abc import Collection

_QUOTES = (
    '"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02',
    "'`\u2018\u2019\u201a\u201b\u00b4\u2032\uff07",
)
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# Blank characters that Unicode classifies as letters, symbols and marks.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
_LINE_BREAKS = "\t\n\r"
_PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z][A-Z0-9_]*|%[A-Z][A-Z0-9_]*%|\{\{.*\}\}|<.*>"
)
_WRITTEN_LINE_BREAK = re.compile(r"(?:\\[nrt])+\Z")


def clean(value: str) -> str:
    """Remove spaces, invisible characters and pairs of quotes around a value."""
    previous = None
    while value != previous:
        previous = value
        value = _without_pair(_strip(value))
    return value


def find_dirt(name: str, value: str, *, multi_line: Collection[str] = ()) -> str | None:
    """Describe what can't be removed from a cleaned value, without quoting it.

    Args:
        name: the variable's name.
        value: the cleaned value.
        multi_line: the variables in which line breaks are allowed.

    Returns:
        The problem, or None if the value is clean.
    """
    allowed = f" {_LINE_BREAKS}" if name in multi_line else " "
    for character in value:
        if unicodedata.category(character) == "Cs":  # a byte that Python could not decode
            return "contains bytes that are not UTF-8"
        if _is_invisible(character) and character not in allowed:
            return (
                f"contains an invisible character or line break (U+{ord(character):04X}): remove it"
            )
    if _WRITTEN_LINE_BREAK.search(value):
        return r"ends with a backslash and a letter, such as \n: remove them"
    if value.upper().startswith(f"{name}="):
        return "repeats its own name: remove everything up to the ="
    if _PLACEHOLDER.fullmatch(value):
        return "is a placeholder that nothing has replaced: set the value itself"
    return None


def _strip(value: str) -> str:
    start, end = 0, len(value)
    while start < end and _is_invisible(value[start]):
        start += 1
    while end > start and _is_invisible(value[end - 1]):
        end -= 1
    return value[start:end]


def _without_pair(value: str) -> str:
    """Remove the quotes if the first and last character are a pair."""
    is_quoted = len(value) > 1 and any(value[0] in kind and value[-1] in kind for kind in _QUOTES)
    return value[1:-1] if is_quoted else value


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _BLANK
