"""The fault matrix as a summary at the end of a run.

The process that prints it runs no test, so that nothing here imports the service.
"""

import pytest


def print_matrix(terminalreporter: pytest.TerminalReporter) -> None:
    """Print for each row whether it holds, and what was paid."""
    reports = [
        (dict(report.user_properties), outcome)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
    ]
    rows = [(reported, outcome) for reported, outcome in reports if "fault" in reported]
    if not rows:
        return
    passed = sum(outcome == "passed" for _, outcome in rows)
    terminalreporter.section(f"fault matrix: {passed} of {len(rows)} rows hold")
    for reported, outcome in rows:
        paid = reported.get("paid", "?")
        terminalreporter.line(f"{outcome:6}  paid {paid:6}  {reported['fault']}")
