"""Text files that people and other programs write, read line by line.

A line ends at LF or CRLF. Python's `splitlines` and its translation of line ends also take a lone
CR, U+2028, U+0085, form feeds and others for line ends. All of them occur within prompts, which
are pasted from web pages and word processors.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

_LINE_FEED = "\n"


def read_text(path: Path) -> str:
    """Read a file in UTF-8, without a byte order mark, and with its line ends as they are.

    Raises:
        OSError: the file can't be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    return path.read_bytes().decode("utf-8-sig")


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of each line, from 1, and its text without the line end.

    Nothing is yielded for a line end at the end of the text.
    """
    lines = text.split(_LINE_FEED)
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        yield number, line.removesuffix("\r")


def table_reader(text: str, *, extra: str) -> "csv.DictReader[str]":
    """Return a reader of CSV (RFC 4180) with a header; fields may contain any line separators.

    Args:
        text: the table.
        extra: the name under which a row has the cells that lack a column.
    """
    return csv.DictReader(io.StringIO(text, newline=_LINE_FEED), strict=True, restkey=extra)
