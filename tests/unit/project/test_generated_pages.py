"""docs/faults.md agrees with the table."""

from collections import Counter

from tests.faults.page import PATH, page
from tests.faults.rows import CRASHES, TOPICS


def test_page_is_what_the_table_says() -> None:
    """docs/faults.md is up to date; if not, run `python -m tests.faults`."""
    assert PATH.read_text(encoding="utf-8") == page()


def test_no_row_is_there_twice() -> None:
    """Every row has its own name."""
    names = [row.name for topic in TOPICS for row in topic.rows] + [row.name for row in CRASHES]
    assert [name for name, count in Counter(names).items() if count > 1] == []
