"""Write the tables of docs/performance.md from bench/results.json: `python -m bench.tables`.

A table is between `<!-- name -->` and `<!-- end -->`, with the name of a section.
"""

import json
import re
from pathlib import Path
from typing import Any

from bench.results import FILE, Measurement

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_TABLE = re.compile(r"<!-- (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Write the page."""
    PAGE.write_text(fill(PAGE.read_text(), json.loads(FILE.read_text())))


def fill(page: str, sections: dict[str, Any]) -> str:
    """Return the page with the tables of these sections."""
    return _TABLE.sub(lambda table: _table(table[1], sections[table[1]]), page)


def _table(name: str, section: dict[str, Any]) -> str:
    head = f"*{section['title']}. {section['machine']}, {section['measured']}.*"
    lines = ["| | ratio | low to high | target | |", "|---|---|---|---|---|"]
    lines += [_line(Measurement(**row)) for row in section["rows"]]
    return "\n".join([f"<!-- {name} -->", head, "", *lines, "<!-- end -->"])


def _line(each: Measurement) -> str:
    spread = "" if each.low is None else f"{each.low:.2f} to {each.high:.2f}"
    target = "" if each.target is None else f"{each.target:.2f}"
    ratio = f"**{each.ratio:.2f}**" if each.missed else f"{each.ratio:.2f}"
    return f"| {each.name} | {ratio} | {spread} | {target} | {each.value} |"


if __name__ == "__main__":
    main()
