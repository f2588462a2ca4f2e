"""Summary of the attacks of a run."""

from collections.abc import Iterator

import pytest

from tests.attacks.page import Row, expected_rows


def rows_of(terminalreporter: pytest.TerminalReporter) -> list[Row]:
    """Return each attack with its result, in the order of the tests."""
    observed: dict[tuple[str, str], set[str]] = {}
    for (heading, what, found), _ in _made(terminalreporter):
        observed.setdefault((heading, what), set()).add(found)
    return [
        row._replace(
            observed=" / ".join(sorted(observed.get((row.heading, row.what), {"not made"})))
        )
        for row in expected_rows()
    ]


def print_attacks(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of attacks, and those with an unexpected result."""
    made = {(what, outcome) for (_, what, _), outcome in _made(terminalreporter)}
    if not made:
        return
    failed = sorted(what for what, outcome in made if outcome == "failed")
    count = len({what for what, _ in made})
    terminalreporter.section(f"attacks: {count - len(failed)} of {count} repelled")
    for what in failed:
        terminalreporter.line(f"failed  {what}")


def _made(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield heading, attack and result, and whether the test passed."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, reported in report.user_properties:
                if name == "attack" and report.when == "call":
                    heading, what, found = reported
                    yield (heading, what, found), outcome
