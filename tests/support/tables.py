"""Tests of tables: all rows in one test, as pytest and xdist take milliseconds for each test."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def each_row(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test with each row of a table, as one test that reports all failing rows.

    It is written like `pytest.mark.parametrize`. Fixtures are shared by the rows, so that it suits
    checks of functions without state.

    Args:
        names: the arguments that a row is for, separated by commas.
        rows: a tuple for each row, or a value if there is only one name.
    """
    columns = [name.strip() for name in names.split(",")]
    table = [dict(zip(columns, row if columns[1:] else (row,), strict=True)) for row in rows]
    assert table, "a table without rows checks nothing"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def check(**fixtures: Any) -> None:
            failures: list[BaseException] = []
            for row in table:
                try:
                    test(**row, **fixtures)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - reason: raised below
                    failure.add_note(f"row: {row}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows", failures)

        signature = inspect.signature(test)
        others = [value for name, value in signature.parameters.items() if name not in columns]
        assert len(others) == len(signature.parameters) - len(columns), f"not all of {columns}"
        check.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # reason: pytest reads it
        return check

    return decorate
