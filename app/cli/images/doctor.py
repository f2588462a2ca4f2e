"""`flask images doctor`: checks the setup."""

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import click

from app.config import UNUSABLE_SETTINGS, ConfigError, Settings
from app.http.logs.logging_config import secret_pattern
from app.models import Finding, Level

_SECONDS = 9.0  # for all checks together, since they run in parallel
_PARTS = (
    "settings",
    "provider",
    "storage",
    "clock",
    "records",
    "cache",
    "data dir",
    "gunicorn",
    "access",
    "budget",
)
_WIDTH = 98
_COLUMNS = (9, 12, 9)  # part, check, result; the text column gets the remaining width
_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def doctor(as_json: bool) -> None:
    """Check the settings and every part of the service.

    The checks take at most ten seconds and are free of charge. Run them as the user that runs the
    service.
    The exit status is 0 if no check failed, 1 if one failed, and 2 if the settings are invalid.
    """
    try:
        settings = Settings.load()
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE_SETTINGS)
    findings = _findings(settings)
    click.echo(_as_json(findings) if as_json else "\n".join(_table(findings)))
    sys.exit(any(finding.level is Level.FAILED for finding in findings))


def _findings(settings: Settings) -> list[Finding]:
    # Imported here because every start of the service imports this module.
    from app.cli.images.doctor_wiring import checks_for
    from app.usecases.operations.diagnostics import run_checks

    found = f"all {len(Settings.model_fields)} are valid"
    loaded = Finding(part="settings", check="load", level=Level.OK, found=found)
    findings = [loaded, *run_checks(checks_for(settings), seconds=_SECONDS)]
    return [_redact(finding, settings) for finding in sorted(findings, key=_position)]


def _redact(finding: Finding, settings: Settings) -> Finding:
    """Replace secrets, such as an API key that was set as the name of a model."""
    secret = secret_pattern(settings.secrets)
    return replace(
        finding,
        found=secret.sub("***", finding.found),
        advice=secret.sub("***", finding.advice),
    )


def _position(finding: Finding) -> int:
    """Return the sort key of a finding: the position of its part in the table."""
    return _PARTS.index(finding.part) if finding.part in _PARTS else len(_PARTS)


def _as_json(findings: Sequence[Finding]) -> str:
    entries = [
        {
            "result" if name == "level" else name: str(value)
            for name, value in asdict(finding).items()
        }
        for finding in findings
    ]
    failed = any(finding.level is Level.FAILED for finding in findings)
    return json.dumps({"status": "failed" if failed else "ok", "findings": entries}, indent=2)


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    yield _line(("PART", "CHECK", "RESULT"), "FINDING, AND -> ADVICE")
    for finding in findings:
        yield from _lines(finding)
    yield ""
    count = Counter(finding.level for finding in findings)
    yield ", ".join(f"{count[level]} {level}" for level in Level if count[level])


def _lines(finding: Finding) -> Iterator[str]:
    """Format a finding and its advice, wrapped into the last column."""
    texts = _wrap(finding.found) + (_wrap(f"-> {finding.advice}") if finding.advice else [])
    cells = (finding.part, finding.check, str(finding.level))
    first, *more = texts
    yield _line(cells, first, color=_COLORS.get(finding.level))
    for text in more:
        yield _line(("", "", ""), text)


def _wrap(text: str) -> list[str]:
    width = _WIDTH - sum(_COLUMNS) - len(_COLUMNS)
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _line(cells: tuple[str, str, str], text: str, *, color: str | None = None) -> str:
    part, check, result = (cell.ljust(width) for cell, width in zip(cells, _COLUMNS, strict=True))
    # Click strips the color if the output is not a terminal.
    return f"{part} {check} {click.style(result, fg=color)} {text}".rstrip()
