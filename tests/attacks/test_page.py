"""docs/attacks.md agrees with the tests."""

from collections import Counter

from tests.attacks.page import PATH, expected_rows, page


def test_page_lists_all_attacks_and_all_were_held_off() -> None:
    """docs/attacks.md is up to date; if not, run `python -m tests.attacks`."""
    assert PATH.read_text(encoding="utf-8") == page(expected_rows())


def test_no_attack_is_there_twice() -> None:
    """Within a heading every attack has its own name."""
    names = Counter((row.heading, row.what) for row in expected_rows())
    assert [name for name, count in names.items() if count > 1] == []
