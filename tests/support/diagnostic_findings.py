"""Assertions on the findings of checks."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.models import Finding, Level

OK, WARNING, FAILED, NOT_USED = Level.OK, Level.WARNING, Level.FAILED, Level.NOT_USED


def levels(findings: Iterable[Finding]) -> dict[str, Level]:
    """Return the level of each check by its name."""
    found = list(findings)
    results = {finding.check: finding.level for finding in found}
    assert len(results) == len(found), "two findings have the same name"
    return results


def texts(findings: Iterable[Finding]) -> str:
    """Return the texts that the findings show."""
    return "\n".join(f"{one.part} {one.check}: {one.found} -> {one.advice}" for one in findings)


def the(check: str, findings: Sequence[Finding]) -> Finding:
    """Return the finding of a check; warnings and failures have advice, others have none."""
    (found,) = [finding for finding in findings if finding.check == check]
    assert bool(found.advice) == (found.level in {WARNING, FAILED})
    return found


@dataclass
class DoctorOutput:
    """The command's exit status and output."""

    status: int
    text: str

    def result(self, part: str, check: str) -> str:
        """Return the result of a check, from JSON."""
        (finding,) = [
            finding
            for finding in self.findings()
            if (finding["part"], finding["check"]) == (part, check)
        ]
        return finding["result"]

    def failed(self) -> set[tuple[str, str]]:
        """Return part and name of the failed checks, from JSON."""
        return {(one["part"], one["check"]) for one in self.findings() if one["result"] == "failed"}

    def findings(self) -> list[dict[str, str]]:
        """Return all findings, from JSON."""
        found: list[dict[str, str]] = json.loads(self.text)["findings"]
        return found


Doctor = Callable[..., DoctorOutput]
