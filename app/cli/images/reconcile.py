"""`flask images reconcile`: finds and repairs discrepancies."""

import json
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import INCOMPLETE, exit_on_error
from app.usecases.reconcile.report import KindSummary, ReconcileReport

_MAX_LISTED = 20


@click.command(short_help="Find and repair discrepancies between records and images.")
@click.option(
    "--fix", is_flag=True, help="Repair the discrepancies. Without --fix, nothing is changed."
)
@click.option(
    "--restore-spooled",
    is_flag=True,
    help="With --fix, also restore spooled images that may have been deleted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@with_appcontext
def reconcile(fix: bool, restore_spooled: bool, as_json: bool) -> None:
    """Find discrepancies between records and images; repair with --fix.

    The command can run while servers are running. It never generates or pays for anything.

    The exit status is 0 if no discrepancy is left, 1 if one is left, and 2 if the storage or the
    records are unavailable.
    """
    with exit_on_error():
        report = _run(fix=fix, restore_spooled=restore_spooled)
    if as_json:
        click.echo(json.dumps(as_object(report)))
    else:
        for line in as_lines(report):
            click.echo(line)
    sys.exit(INCOMPLETE if report.remaining else 0)


def _run(*, fix: bool, restore_spooled: bool) -> ReconcileReport:
    run = partial(deps().reconcile, fix=fix, restore_spooled=restore_spooled)
    if not _is_terminal():
        return run()
    count = deps().reconcile.count_records()
    with click.progressbar(length=count, file=sys.stderr, label="Records") as bar:
        return run(progress=bar.update)


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def as_object(report: ReconcileReport) -> dict[str, Any]:
    """Return the report as JSON-compatible values."""
    return {
        "fix": report.fix,
        "records": report.records,
        "found": report.found,
        "repaired": report.found - report.remaining,
        "left": report.remaining,
        "kinds": {str(kind): _summary(summary) for kind, summary in sorted(report.kinds.items())},
        "unknown_outcomes": {
            "found": report.unknown.found,
            "listed": [
                {"id": image_id, "requested_at": time.isoformat()}
                for image_id, time in report.unknown.listed
            ],
            "more": report.unknown.unlisted,
        },
    }


def _summary(summary: KindSummary) -> dict[str, Any]:
    return {
        "found": summary.found,
        "repaired": summary.repaired,
        "left": summary.remaining,
        "listed": [{"id": entry.id, "reason": entry.reason or None} for entry in summary.listed],
        "more": summary.unlisted,
    }


def as_lines(report: ReconcileReport) -> Iterable[str]:
    """Yield the lines of the report as text."""
    yield f"{report.records} records checked."
    if report.kinds:
        yield f"{'':18}{'found':>9}{'repaired':>10}{'left':>9}"
    for kind, summary in sorted(report.kinds.items()):
        yield f"{kind:18}{summary.found:9}{summary.repaired:10}{summary.remaining:9}"
    for kind, summary in sorted(report.kinds.items()):
        yield f"\n{kind}:"
        for entry in summary.listed[:_MAX_LISTED]:
            yield f"  {entry.id}  {entry.reason or 'repaired'}"
        yield from _and_more(summary.found)
    yield from _unknown_lines(report)
    if not report.found:
        yield "No discrepancies found."
    elif report.remaining and not report.fix:
        yield "\nNothing was changed. Run the command with --fix to repair."


def _unknown_lines(report: ReconcileReport) -> Iterable[str]:
    if report.unknown.found:
        yield "\nunknown outcomes, for information only (each may have been paid for):"
    for image_id, time in report.unknown.listed[:_MAX_LISTED]:
        yield f"  {image_id}  requested at {time.isoformat()}"
    yield from _and_more(report.unknown.found)


def _and_more(found: int) -> Iterable[str]:
    if found > _MAX_LISTED:
        yield f"  and {found - _MAX_LISTED} more"
