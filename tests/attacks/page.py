"""Write the attacks as a page."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

TESTS = Path(__file__).resolve().parents[1]
PATH = TESTS.parent / "docs" / "attacks.md"

_INTRODUCTION = """\
# Attacks

What the tests try on the running service and on its parts, the expected result, and the result in
the run that wrote this page. [SECURITY.md](../SECURITY.md) says what is promised;
[faults.md](faults.md) covers parts that fail without malice.
"""
_HEAD = "| attack | expected | observed |\n|---|---|---|\n"
_WRITTEN = "\nWritten by `python -m tests.attacks` from the tests with `@attack`.\n"


class Row(NamedTuple):
    """One attack; `heading` is where it stands on the page."""

    heading: str
    what: str
    expected: str
    observed: str


def page(rows: Iterable[Row]) -> str:
    """Return the whole page."""
    by_heading: dict[str, list[Row]] = {}
    for row in rows:
        by_heading.setdefault(row.heading, []).append(row)
    parts = [_INTRODUCTION]
    for heading, below in by_heading.items():
        lines = "".join(f"| {row.what} | {row.expected} | {row.observed} |\n" for row in below)
        parts.append(f"## {heading}\n\n{_HEAD}{lines}")
    return "\n".join(parts) + _WRITTEN


def expected_rows() -> Iterator[Row]:
    """Yield what the marks of all tests say, as if every expected result had been observed."""
    for file in sorted(TESTS.rglob("test_*.py")):
        if "@attack(" in (text := file.read_text(encoding="utf-8")) or "marks=attack(" in text:
            name = ".".join(file.relative_to(TESTS.parent).with_suffix("").parts)
            yield from _rows(importlib.import_module(name))


def _rows(module: ModuleType) -> Iterator[Row]:
    heading = str(module.__doc__).partition("\n")[0].rstrip(".")
    for test in vars(module).values():
        for reported in _attacks(getattr(test, "pytestmark", ())):
            yield Row(heading, reported["what"], reported["expect"], reported["expect"])


def _attacks(marks: Iterable[Any]) -> Iterator[dict[str, str]]:
    """Yield the attacks among these marks, and among those of their parameters."""
    for mark in marks:
        if mark.name == "attack":
            yield mark.kwargs
        elif mark.name == "parametrize":
            for parameters in mark.args[1]:
                yield from _attacks(getattr(parameters, "marks", ()))
