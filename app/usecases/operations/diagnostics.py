"""Runs the checks of the setup in parallel, under one deadline."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.models import Finding, Level


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check of one part; each finding counts as soon as it is yielded."""

    part: str
    run: Callable[[], Iterable[Finding]]


def run_checks(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Run checks in parallel; return the findings in the order of checks.

    A check that is unfinished after `seconds`, or that raises, yields a failed finding and
    affects no other check.
    """
    deadline = time.monotonic() + seconds
    running = [_RunningCheck(check) for check in checks]
    return [finding for check in running for finding in check.findings(deadline, seconds)]


class _RunningCheck:
    """A check in a thread of its own."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._findings: list[Finding] = []
        # A daemon thread, so that a check that hangs does not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"check {check.part}", daemon=True)
        self._thread.start()

    def findings(self, deadline: float, seconds: float) -> list[Finding]:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not self._thread.is_alive():
            return self._findings
        found = f"the check did not finish within {seconds:g} s"
        return [*self._findings, self._failed("time", found, "check whether this part responds")]

    def _run(self) -> None:
        try:
            for finding in self._check.run():
                self._findings.append(finding)
        except Exception as error:  # noqa: BLE001 - reason: any error is a finding, and must not stop the other checks
            found = f"the check raised {type(error).__name__}"
            self._findings.append(self._failed("check", found, "report this as a bug"))

    def _failed(self, check: str, found: str, advice: str) -> Finding:
        part = self._check.part
        return Finding(part=part, check=check, level=Level.FAILED, found=found, advice=advice)
