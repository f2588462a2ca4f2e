"""The examination of all parts: none waits for another, none takes another down."""

import threading
import time
from collections.abc import Iterator

from app.models import Finding, Level
from app.usecases.operations.diagnostics import Check, examine
from tests.support.diagnostic_findings import FAILED, OK
from tests.support.servers import python_process

HANG = """
import threading
from app.usecases.operations.diagnostics import Check, examine

(found,) = examine([Check(part="hanging", run=threading.Event().wait)], seconds=0.1)
print(found.part, found.level)
"""


def finding(part: str, check: str = "it") -> Finding:
    """Make a good finding."""
    return Finding(part=part, check=check, level=Level.OK, found="fine")


def test_findings_keep_the_order_of_the_checks() -> None:
    """A check that takes longer still stands where it was listed."""

    def slow() -> Iterator[Finding]:
        time.sleep(0.05)
        yield finding("slow", "first")
        yield finding("slow", "second")

    checks = [Check(part="slow", run=slow), Check(part="fast", run=lambda: [finding("fast")])]
    found = examine(checks, seconds=5)
    assert [(one.part, one.check) for one in found] == [
        ("slow", "first"), ("slow", "second"), ("fast", "it"),
    ]  # fmt: skip


def test_a_check_that_hangs_is_given_up_on_and_keeps_what_it_found() -> None:
    """Two checks that hang cost one time limit; what they found before is told with the delay."""
    released = threading.Event()

    def hanging() -> Iterator[Finding]:
        yield finding("hanging", "before")
        released.wait(10)

    def silent() -> Iterator[Finding]:
        released.wait(10)
        yield from ()

    began = time.monotonic()
    checks = [
        Check(part="hanging", run=hanging),
        Check(part="other", run=silent),
    ]
    found = examine(checks, seconds=0.2)
    released.set()
    assert time.monotonic() - began < 2
    assert [(one.part, one.check, one.level) for one in found] == [
        ("hanging", "before", OK), ("hanging", "time", FAILED), ("other", "time", FAILED),
    ]  # fmt: skip
    assert "within 0.2 s" in found[1].found
    assert found[1].advice


def test_a_check_that_breaks_is_a_finding_and_stops_no_other() -> None:
    """The name of the error is told, its text is not: it can quote a password."""

    def breaking() -> Iterator[Finding]:
        yield finding("broken", "before")
        raise RuntimeError("hunter2")

    checks = [Check(part="broken", run=breaking), Check(part="well", run=lambda: [finding("well")])]
    found = examine(checks, seconds=5)
    assert [(one.part, one.level) for one in found] == [
        ("broken", OK), ("broken", FAILED), ("well", OK),
    ]  # fmt: skip
    assert "RuntimeError" in found[1].found
    assert "hunter2" not in repr(found)


def test_a_check_that_hangs_does_not_keep_the_program_from_ending() -> None:
    """The command ends although a thread of it never will."""
    assert python_process.run(HANG) == "hanging failed\n"
