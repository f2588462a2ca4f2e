"""Examines all parts of the set-up at once, none for longer than the time allows."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.models import Finding, Level


@dataclass(frozen=True, kw_only=True)
class Check:
    """Looks at a part; its findings count from the moment that each is yielded."""

    part: str
    run: Callable[[], Iterable[Finding]]


def examine(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Run all checks side by side and return what they found, in the order of the checks.

    A check that is still under way at the end of the time is given up on, which is a finding; so
    is a check that breaks. Neither touches the others.
    """
    deadline = time.monotonic() + seconds
    examinations = [_Examination(check) for check in checks]
    return [finding for one in examinations for finding in one.findings(deadline, seconds)]


class _Examination:
    """A check under way in a thread of its own."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._found: list[Finding] = []
        # A daemon, so that one which hangs does not keep the command from ending.
        self._thread = threading.Thread(target=self._run, name=f"check {check.part}", daemon=True)
        self._thread.start()

    def findings(self, deadline: float, seconds: float) -> list[Finding]:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not self._thread.is_alive():
            return self._found
        late = self._failed("time", f"no answer within {seconds:g} s", "see whether it hangs")
        return [*self._found, late]

    def _run(self) -> None:
        try:
            for finding in self._check.run():
                self._found.append(finding)
        except Exception as error:  # noqa: BLE001 - reason: whatever breaks here is a finding, and must not stop the others
            name = type(error).__name__
            self._found.append(self._failed("check", f"it broke with {name}", "report this fault"))

    def _failed(self, check: str, found: str, advice: str) -> Finding:
        part = self._check.part
        return Finding(part=part, check=check, level=Level.FAILED, found=found, advice=advice)
