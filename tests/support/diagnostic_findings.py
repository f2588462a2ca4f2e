"""Assertions on the findings of checks."""

from collections.abc import Iterable, Sequence

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
