"""Tests of tables report every failing row."""

import pytest

from tests.support.tables import each_row


def test_a_table_reports_all_failing_rows(tmp_path: object) -> None:
    """Each failure has its row, whether it is raised or expected; fixtures are passed on."""
    seen = []

    @each_row("a, b", [(1, 1), (1, 2), (1, 0)])
    def check(a: int, b: int, fixture: object) -> None:
        seen.append((a, b, fixture))
        if b == 0:
            with pytest.raises(ZeroDivisionError):
                pass
        assert a == b

    with pytest.raises(BaseExceptionGroup, match="2 of 3 rows") as failed:
        check(fixture=tmp_path)
    assert [error.__notes__ for error in failed.value.exceptions] == [
        ["row: {'a': 1, 'b': 2}"],
        ["row: {'a': 1, 'b': 0}"],
    ]
    assert [row[:2] for row in seen] == [(1, 1), (1, 2), (1, 0)]
    assert {row[2] for row in seen} == {tmp_path}


def test_an_empty_table_is_an_error() -> None:
    """A table without rows would check nothing."""
    with pytest.raises(AssertionError, match="checks nothing"):
        each_row("a", [])
