"""The common form of all tables, on the screen and in `bench/results.json`."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A median over the rounds, as a ratio to the reference of the same run.

    Attributes:
        name: what was measured.
        ratio: to the reference; 1.0 for the reference itself.
        target: the largest ratio that is accepted, or None for no target.
        low: the smallest ratio of any round.
        high: the largest.
        value: the absolute figure on this machine, with its unit, such as `258 us`.
    """

    name: str
    ratio: float
    target: float | None = None
    low: float | None = None
    high: float | None = None
    value: str = ""

    @property
    def missed(self) -> bool:
        """Whether the ratio exceeds the target."""
        return self.target is not None and self.ratio > self.target


def compare(
    name: str,
    values: Sequence[float],
    references: Sequence[float],
    *,
    value: str,
    target: float | None = None,
) -> Measurement:
    """Return the median ratio of two interleaved series, with its extremes."""
    ratios = [each / reference for each, reference in zip(values, references, strict=True)]
    return Measurement(
        name=name,
        ratio=statistics.median(ratios),
        target=target,
        low=min(ratios),
        high=max(ratios),
        value=value,
    )


def report(section: str, title: str, measurements: Sequence[Measurement]) -> None:
    """Print a table, and replace the section of that name in `results.json`."""
    width = max(len(each.name) for each in measurements) + 2
    print(f"\n{title}")
    print(f"{'':<{width}}{'ratio':>7}{'low':>7}{'high':>7}{'target':>8}  value")
    for each in measurements:
        missed = "  MISSED" if each.missed else ""
        low, high, target = (_format(value) for value in (each.low, each.high, each.target))
        print(
            f"{each.name:<{width}}{each.ratio:>7.2f}{low:>7}{high:>7}{target:>8}"
            f"  {each.value}{missed}"
        )
    sections = json.loads(FILE.read_text()) if FILE.exists() else {}
    sections[section] = {
        "title": title,
        "measured": date.today().isoformat(),  # noqa: DTZ011 - reason: the local date is expected
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": [asdict(each) for each in measurements],
    }
    FILE.write_text(json.dumps(sections, indent=1, sort_keys=True) + "\n")


def _format(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
