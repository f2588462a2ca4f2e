"""The order in which the processes of a test run get their work."""

from itertools import groupby, pairwise
from pathlib import Path

from tests.support.concurrency.order import INDEPENDENT, mix, unit_of

ROOT = Path(__file__).resolve().parents[3]
WAITING = [f"tests/faults/test_matrix.py::test_row[{number}]" for number in range(30)]
COMPUTING = [
    f"tests/unit/test_{file}.py::test_{test}" for file in range(60) for test in range(1 + file % 5)
]
CLIENTS = [f"tests/clients/{name}.py::test_it" for name in ("python", "typescript")]
SOAK = "tests/soak/test_soak.py::test_it"
ALL = [*COMPUTING, *WAITING, *CLIENTS, SOAK]


def test_each_test_has_its_turn_once() -> None:
    """Nothing is left out or repeated."""
    assert sorted(mix(ALL, str)) == sorted(ALL)


def test_a_unit_is_not_taken_apart() -> None:
    """The tests of a file follow each other, in their order, since they share servers."""
    order = mix(ALL, str)
    units = [name for name, _ in groupby(order, unit_of)]
    assert len(units) == len(set(units))
    assert [test for test in order if test in COMPUTING] == COMPUTING


def test_waiting_tests_are_distributed_and_end_early() -> None:
    """At most two computing units are between two that wait, and only these are at the end."""
    kinds = [name in WAITING for name, _ in groupby(mix([*COMPUTING, *WAITING], str), unit_of)]
    places = [place for place, waits in enumerate(kinds) if waits]
    assert {second - first for first, second in pairwise(places)} <= {2, 3}
    assert places[-1] < 0.9 * len(kinds)


def test_the_longest_work_is_first() -> None:
    """What one process does as a whole begins first: the soak test, and building packages."""
    assert set(mix(ALL, str)[:3]) == {*CLIENTS, SOAK}


def test_files_whose_tests_are_sent_one_by_one_exist() -> None:
    """The list follows when a file is renamed."""
    assert [name for name in INDEPENDENT if not (ROOT / name).is_file()] == []
