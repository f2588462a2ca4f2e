"""Checks run in parallel: none waits for another, and none affects another."""

import threading
import time
from collections.abc import Iterator

from app.models import Finding, Level
from app.usecases.operations.diagnostics import Check, run_checks
from tests.support.diagnostic_findings import FAILED, OK
from tests.support.servers import python_process

HANG = """
import threading
from app.usecases.operations.diagnostics import Check, run_checks

(found,) = run_checks([Check(part="hanging", run=threading.Event().wait)], seconds=0.1)
print(found.part, found.level)
"""


def finding(part: str, check: str = "it") -> Finding:
    """Make a finding of level ok."""
    return Finding(part=part, check=check, level=Level.OK, found="fine")


def test_findings_keep_the_order_of_the_checks() -> None:
    """The findings of a slow check stay at its position."""

    def slow() -> Iterator[Finding]:
        time.sleep(0.05)
        yield finding("slow", "first")
        yield finding("slow", "second")

    checks = [Check(part="slow", run=slow), Check(part="fast", run=lambda: [finding("fast")])]
    found = run_checks(checks, seconds=5)
    assert [(one.part, one.check) for one in found] == [
        ("slow", "first"), ("slow", "second"), ("fast", "it"),
    ]  # fmt: skip


def test_a_hanging_check_times_out_and_keeps_its_findings() -> None:
    """Two hanging checks take one time limit; earlier findings are returned with the timeout."""
    released = threading.Event()

    def hanging() -> Iterator[Finding]:
        yield finding("hanging", "before")
        released.wait(60)

    def silent() -> Iterator[Finding]:
        released.wait(60)
        yield from ()

    start = time.monotonic()
    checks = [
        Check(part="hanging", run=hanging),
        Check(part="other", run=silent),
    ]
    found = run_checks(checks, seconds=0.2)
    released.set()
    assert time.monotonic() - start < 50  # each check would take 60 s
    assert [(one.part, one.check, one.level) for one in found] == [
        ("hanging", "before", OK), ("hanging", "time", FAILED), ("other", "time", FAILED),
    ]  # fmt: skip
    assert "within 0.2 s" in found[1].found
    assert found[1].advice


def test_an_exception_in_a_check_is_a_finding() -> None:
    """It names the exception without its text, which can quote a password; other checks go on."""

    def breaking() -> Iterator[Finding]:
        yield finding("broken", "before")
        raise RuntimeError("hunter2")

    checks = [Check(part="broken", run=breaking), Check(part="well", run=lambda: [finding("well")])]
    found = run_checks(checks, seconds=5)
    assert [(one.part, one.level) for one in found] == [
        ("broken", OK), ("broken", FAILED), ("well", OK),
    ]  # fmt: skip
    assert "RuntimeError" in found[1].found
    assert "hunter2" not in repr(found)


def test_a_hanging_check_does_not_keep_the_process_alive() -> None:
    """The command ends although one of its threads never does."""
    assert python_process.run(HANG) == "hanging failed\n"
