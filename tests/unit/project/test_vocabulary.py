"""The words of code and documents: plain technical English, by vocabulary.toml.

`make lint` runs this beside codespell, which knows misspellings and British spellings.
"""

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
VOCABULARY = Path(__file__).with_name("vocabulary.toml")
PYTHON = ("app/**/*.py", "tests/**/*.py", "bench/**/*.py", "clients/**/*.py", "*.py")
TEXT = (
    "*.md",
    "docs/*.md",
    "bench/*/README.md",
    "clients/*/README.md",
    "clients/typescript/src/*.ts",
    "app/static/studio/**/*.js",
    "app/templates/*.html",
    "deploy/*",
    "Makefile",
    "Dockerfile",
    "compose.yaml",
    "pyproject.toml",
    ".env.example",
)
SPOKEN = {tokenize.STRING, tokenize.COMMENT, tokenize.NAME, getattr(tokenize, "FSTRING_MIDDLE", -1)}


def test_no_word_to_avoid_is_used() -> None:
    """Docstrings, comments, messages, names and documents keep to the vocabulary."""
    vocabulary = tomllib.loads(VOCABULARY.read_text())
    any_word = _pattern("|".join(vocabulary["words"]))
    allowed = vocabulary.get("exceptions", [])
    found = [
        f"{path}:{number}: {match[0]!r}, rather: {_instead(vocabulary['words'], match[0])}"
        for path, number, text in _texts(any_word)
        for match in any_word.finditer(text)
        if not _is_allowed(allowed, path, match[0])
    ]
    assert not found, "\n" + "\n".join(found)


def test_exceptions_are_needed_and_have_a_reason() -> None:
    """Each exception names a word and a file where it is used, and says why."""
    for exception in tomllib.loads(VOCABULARY.read_text()).get("exceptions", []):
        used = _pattern(exception["word"])
        assert exception["reason"]
        for place in exception["in"]:
            assert used.search((ROOT / place).read_text().replace("_", " ")), place


def test_the_check_sees_names_strings_comments_and_documents() -> None:
    """A word is found in an identifier, in a string, in a comment and in prose."""
    pattern = _pattern("tell|tells")
    code = 'def tell_all():\n    """It tells."""\n    return f"tell {1}"  # Tell\n'
    assert len([m for _, text in _spoken(code) for m in pattern.finditer(text)]) == 4
    assert not pattern.search("a teller of tales, told")


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


def _instead(words: dict[str, str], word: str) -> str:
    return next(instead for avoid, instead in words.items() if _pattern(avoid).fullmatch(word))


def _is_allowed(exceptions: list[dict[str, Any]], path: str, word: str) -> bool:
    return any(
        path in exception["in"] and _pattern(exception["word"]).fullmatch(word)
        for exception in exceptions
    )


def _texts(any_word: re.Pattern[str]) -> Iterator[tuple[str, int, str]]:
    """Yield what is written for people in modules with such a word, and in all documents."""
    own = {Path(__file__), VOCABULARY}
    for path in sorted({path for pattern in PYTHON for path in ROOT.glob(pattern)} - own):
        code = path.read_text()
        if not any_word.search(code.replace("_", " ")):
            continue  # splitting a module into tokens takes much longer
        for number, text in _spoken(code):
            yield str(path.relative_to(ROOT)), number, text
    for path in sorted({path for pattern in TEXT for path in ROOT.glob(pattern)}):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield str(path.relative_to(ROOT)), number, line.replace("_", " ")


def _spoken(code: str) -> Iterator[tuple[int, str]]:
    """Yield the names, strings and comments of a module, line by line."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type in SPOKEN:
            for offset, line in enumerate(token.string.split("\n")):
                yield token.start[0] + offset, line.replace("_", " ")
