"""`flask images doctor`: checks the set-up before somebody finds out the hard way."""

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import click

from app.config import UNUSABLE_SETTINGS, ConfigError, Settings
from app.http.logging_config import secret_pattern
from app.models import Finding, Level

_SECONDS = 9.0  # for all checks together, since they run side by side
_ORDER = (
    "settings",
    "drawing",
    "storage",
    "clock",
    "records",
    "cache",
    "data dir",
    "gunicorn",
    "budget",
)
_WIDTH = 98
_COLUMNS = (9, 12, 9)  # part, check, result; what was found has the rest
_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")
def doctor(as_json: bool) -> None:
    """Check the settings and every part, within ten seconds, and pay for nothing.

    Run it as the user who runs the service. Ends with status 0 if nothing failed, 1 if something
    did, and 2 if the settings can't be used.
    """
    try:
        settings = Settings.load()
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE_SETTINGS)
    findings = _examined(settings)
    click.echo(_as_json(findings) if as_json else "\n".join(_table(findings)))
    sys.exit(any(finding.level is Level.FAILED for finding in findings))


def _examined(settings: Settings) -> list[Finding]:
    # Loaded here, since every start of the service loads this module.
    from app.cli.doctor_checks import checks_for
    from app.usecases.operations.diagnostics import examine

    found = f"all {len(Settings.model_fields)} can be used"
    loaded = Finding(part="settings", check="load", level=Level.OK, found=found)
    findings = [loaded, *examine(checks_for(settings), seconds=_SECONDS)]
    return [_blacked_out(finding, settings) for finding in sorted(findings, key=_place)]


def _blacked_out(finding: Finding, settings: Settings) -> Finding:
    """Make sure that no secret is shown, such as a key that was set as the name of a model."""
    secret = secret_pattern(settings.secrets)
    return replace(
        finding,
        found=secret.sub("***", finding.found),
        advice=secret.sub("***", finding.advice),
    )


def _place(finding: Finding) -> int:
    """Tell where the finding's part stands in the table; those of a part keep their order."""
    return _ORDER.index(finding.part) if finding.part in _ORDER else len(_ORDER)


def _as_json(findings: Sequence[Finding]) -> str:
    rows = [
        {"result" if name == "level" else name: str(value) for name, value in asdict(row).items()}
        for row in findings
    ]
    failed = any(finding.level is Level.FAILED for finding in findings)
    return json.dumps({"status": "failed" if failed else "ok", "findings": rows}, indent=2)


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    yield _line(("PART", "CHECK", "RESULT"), "FOUND, AND -> WHAT TO DO")
    for finding in findings:
        yield from _lines(finding)
    yield ""
    count = Counter(finding.level for finding in findings)
    yield ", ".join(f"{count[level]} {level}" for level in Level if count[level])


def _lines(finding: Finding) -> Iterator[str]:
    """Write a finding: the advice below what was found, both folded into the last column."""
    texts = _folded(finding.found) + (_folded(f"-> {finding.advice}") if finding.advice else [])
    cells = (finding.part, finding.check, str(finding.level))
    first, *more = texts
    yield _line(cells, first, color=_COLORS.get(finding.level))
    for text in more:
        yield _line(("", "", ""), text)


def _folded(text: str) -> list[str]:
    wide = _WIDTH - sum(_COLUMNS) - len(_COLUMNS)
    return textwrap.wrap(text, wide, break_on_hyphens=False) or [""]


def _line(cells: tuple[str, str, str], text: str, *, color: str | None = None) -> str:
    part, check, result = (cell.ljust(wide) for cell, wide in zip(cells, _COLUMNS, strict=True))
    # Without a terminal, click takes the color out again.
    return f"{part} {check} {click.style(result, fg=color)} {text}".rstrip()
