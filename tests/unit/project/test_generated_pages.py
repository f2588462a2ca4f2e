"""The pages that are written from tests agree with the tests."""

from collections import Counter
from collections.abc import Iterable

from tests.attacks import page as attacks
from tests.faults import page as faults
from tests.faults.rows import CRASHES, TOPICS


def test_the_page_of_faults_is_up_to_date() -> None:
    """docs/faults.md is what `python -m tests.faults` writes."""
    assert faults.PATH.read_text(encoding="utf-8") == faults.page()


def test_each_fault_has_its_own_name() -> None:
    """No two rows of the fault matrix share a name."""
    rows = [row.name for topic in TOPICS for row in topic.rows]
    crashes = [crash.name for crash in CRASHES]
    assert _repeated(rows + crashes) == []


def test_the_page_of_attacks_is_up_to_date() -> None:
    """docs/attacks.md is what `python -m tests.attacks` writes if all attacks are held off."""
    rows = attacks.expected_rows()
    assert attacks.PATH.read_text(encoding="utf-8") == attacks.page(rows)


def test_each_attack_has_its_own_name() -> None:
    """No two attacks under the same heading share a name."""
    rows = attacks.expected_rows()
    assert _repeated((row.heading, row.what) for row in rows) == []


def _repeated(names: Iterable[object]) -> list[object]:
    return [name for name, count in Counter(names).items() if count > 1]
