"""Writes the tables of docs/performance.md from bench/results.json: `python -m bench.tables`.

A table stands between `<!-- name -->` and `<!-- end -->`, with the name of a section.
"""

import json
import re
from pathlib import Path
from typing import Any

from bench.results import FILE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_PLACE = re.compile(r"<!-- (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(filled(PAGE.read_text(), json.loads(FILE.read_text())))


def filled(page: str, sections: dict[str, Any]) -> str:
    """Return the page with the tables of these sections."""
    return _PLACE.sub(lambda place: _table(place[1], sections[place[1]]), page)


def _table(name: str, section: dict[str, Any]) -> str:
    head = f"*{section['title']}. {section['machine']}, {section['measured']}.*"
    lines = ["| | ratio | low to high | target | |", "|---|---|---|---|---|"]
    lines += [_line(row) for row in section["rows"]]
    return "\n".join([f"<!-- {name} -->", head, "", *lines, "<!-- end -->"])


def _line(row: dict[str, Any]) -> str:
    spread = "" if row["low"] is None else f"{row['low']:.2f} to {row['high']:.2f}"
    target = "" if row["most"] is None else f"{row['most']:.2f}"
    missed = row["most"] is not None and row["ratio"] > row["most"]
    ratio = f"**{row['ratio']:.2f}**" if missed else f"{row['ratio']:.2f}"
    return f"| {row['name']} | {ratio} | {spread} | {target} | {row['value']} |"


if __name__ == "__main__":
    main()
