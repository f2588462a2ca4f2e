"""`flask images reconcile`: what is wrong with rows and objects, and mends it."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.errors import AppError
from app.usecases.reconcile.report import Report, Tally

_SHOWN = 20
_OUT_OF_REACH = 2


@click.command(short_help="Find what rows and images have lost of each other, and mend it.")
@click.option("--fix", is_flag=True, help="Mend what can be mended; without it, only look.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@with_appcontext
def reconcile(fix: bool, as_json: bool) -> None:
    """Find rows and images that have lost each other, and bring them together again.

    It may run beside servers, and never pays. Exit status: 0 if nothing is left to be mended,
    1 if something is, 2 if storage or records can't be reached.
    """
    try:
        report = _run(fix=fix)
    except AppError as error:
        click.echo(f"Stopped: {error.message} ({error})", err=True)
        sys.exit(_OUT_OF_REACH)
    if as_json:
        click.echo(json.dumps(as_object(report)))
    else:
        for line in as_lines(report):
            click.echo(line)
    sys.exit(1 if report.left else 0)


def _run(*, fix: bool) -> Report:
    work = deps().reconcile
    if not _is_terminal():
        return work(fix=fix)
    with click.progressbar(length=work.count_rows(), file=sys.stderr, label="Rows") as bar:
        return work(fix=fix, progress=bar.update)


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def as_object(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "fix": report.fix,
        "rows": report.rows,
        "found": report.found,
        "repaired": report.found - report.left,
        "left": report.left,
        "kinds": {str(kind): _tally(tally) for kind, tally in sorted(report.tallies.items())},
        "unknown_outcomes": {
            "found": report.unknown.found,
            "listed": [
                {"id": image_id, "requested_at": time.isoformat()}
                for image_id, time in report.unknown.listed
            ],
            "more": report.unknown.found - len(report.unknown.listed),
        },
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "found": tally.found,
        "repaired": tally.repaired,
        "left": tally.left,
        "listed": [{"id": found.id, "reason": found.reason or None} for found in tally.listed],
        "more": tally.more,
    }


def as_lines(report: Report) -> Iterable[str]:
    """Yield the report as text for people."""
    yield f"{report.rows} rows read."
    if report.tallies:
        yield f"{'':18}{'found':>9}{'repaired':>10}{'left':>9}"
    for kind, tally in sorted(report.tallies.items()):
        yield f"{kind:18}{tally.found:9}{tally.repaired:10}{tally.left:9}"
    for kind, tally in sorted(report.tallies.items()):
        yield f"\n{kind}:"
        for found in tally.listed[:_SHOWN]:
            yield f"  {found.id}  {found.reason or 'repaired'}"
        yield from _and_more(tally.found)
    yield from _unknown_lines(report)
    if not report.found:
        yield "Nothing to do."
    elif report.left and not report.fix:
        yield "\nNothing was changed. Run it with --fix to mend what can be mended."


def _unknown_lines(report: Report) -> Iterable[str]:
    if report.unknown.found:
        yield "\nunknown outcomes, for information (each may have been paid for):"
    for image_id, time in report.unknown.listed[:_SHOWN]:
        yield f"  {image_id}  asked for {time.isoformat()}"
    yield from _and_more(report.unknown.found)


def _and_more(found: int) -> Iterable[str]:
    if found > _SHOWN:
        yield f"  and {found - _SHOWN} more"
