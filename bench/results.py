"""One form for every table of `make bench`, on the screen and in `bench/results.json`."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: the median over the rounds, as a ratio to the reference of the same run.

    Attributes:
        name: what was measured.
        ratio: to the reference; 1.0 for the reference itself.
        most: the target, or None if there is none.
        low: the smallest ratio of any round.
        high: the largest.
        value: the same as an absolute figure of this machine, with its unit, such as `258 us`.
    """

    name: str
    ratio: float
    most: float | None = None
    low: float | None = None
    high: float | None = None
    value: str = ""


def report(section: str, title: str, rows: Sequence[Row]) -> None:
    """Print the table, and put it in the place of the section's last one in `results.json`."""
    width = max(len(row.name) for row in rows) + 2
    print(f"\n{title}")
    print(f"{'':<{width}}{'ratio':>7}{'low':>7}{'high':>7}{'target':>8}  value")
    for row in rows:
        print(
            f"{row.name:<{width}}{row.ratio:>7.2f}{_or_blank(row.low):>7}{_or_blank(row.high):>7}"
            f"{_or_blank(row.most):>8}  {row.value}{_missed(row)}"
        )
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[section] = {
        "title": title,
        "measured": date.today().isoformat(),  # noqa: DTZ011 - reason: the day here is what people look for
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": [asdict(row) for row in rows],
    }
    FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def _or_blank(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _missed(row: Row) -> str:
    return "  MISSED" if row.most is not None and row.ratio > row.most else ""
