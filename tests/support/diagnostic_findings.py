"""Reads findings of checks as the tests want them."""

from collections.abc import Iterable, Sequence

from app.models import Finding, Level

OK, WARNING, FAILED, NOT_USED = Level.OK, Level.WARNING, Level.FAILED, Level.NOT_USED


def levels(findings: Iterable[Finding]) -> dict[str, Level]:
    """Return the result of each check by its name."""
    found = list(findings)
    results = {finding.check: finding.level for finding in found}
    assert len(results) == len(found), "a check is named twice"
    return results


def texts(findings: Iterable[Finding]) -> str:
    """Return all that is shown of these findings."""
    return "\n".join(f"{one.part} {one.check}: {one.found} -> {one.advice}" for one in findings)


def the(check: str, findings: Sequence[Finding]) -> Finding:
    """Return the finding of this check; whoever has to act is told how."""
    (found,) = [finding for finding in findings if finding.check == check]
    assert bool(found.advice) == (found.level in {WARNING, FAILED})
    return found
