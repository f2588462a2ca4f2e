"""`flask images reconcile` and `verify`: find and repair discrepancies."""

import json
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import INCOMPLETE, exit_on_error
from app.models import object_keys
from app.usecases.reconcile.deep import DeepReport
from app.usecases.reconcile.report import KindSummary, ReconcileReport
from app.usecases.reconcile.verify import Verdict

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
@click.option("--deep", is_flag=True, help="Also read all objects and compare their hashes.")
@click.option(
    "--mb-per-second",
    type=click.FloatRange(min=0.01),
    default=20.0,
    show_default=True,
    help="With --deep, the most that is read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@with_appcontext
def reconcile(
    fix: bool, restore_spooled: bool, deep: bool, mb_per_second: float, as_json: bool
) -> None:
    """Find discrepancies between records and images; repair with --fix.

    The command can run while servers are running. It never generates or pays for anything.

    An interrupted check with --deep is continued by the next one.

    The exit status is 0 if no discrepancy is left, 1 if one is left, and 2 if the storage or the
    records are unavailable.
    """
    with exit_on_error():
        report = _run(fix=fix, restore_spooled=restore_spooled)
        bytes_read = deps().deep_check(fix=fix, mb_per_second=mb_per_second) if deep else None
    if as_json:
        added = {"deep": deep_object(bytes_read)} if bytes_read else {}
        click.echo(json.dumps(as_object(report) | added))
    else:
        for line in (*as_lines(report), *deep_lines(bytes_read)):
            click.echo(line)
    remaining = report.remaining + (bytes_read.remaining if bytes_read else 0)
    sys.exit(INCOMPLETE if remaining else 0)


def deep_object(report: DeepReport) -> dict[str, Any]:
    """Return the report of a deep check as JSON-compatible values."""
    return {
        "resumed_after": report.resumed_after or None,
        "images": report.images,
        "objects": {str(verdict): report.verdicts[verdict] for verdict in Verdict},
        "repaired": report.repaired,
        "left": report.remaining,
        "listed": [{"key": key, "verdict": str(verdict)} for key, verdict in report.listed],
    }


def deep_lines(report: DeepReport | None) -> Iterable[str]:
    """Yield the lines of the report of a deep check, if there was one."""
    if report is None:
        return
    counts = ", ".join(f"{report.verdicts[verdict]} {verdict}" for verdict in Verdict)
    resumed = f", continued after {report.resumed_after}" if report.resumed_after else ""
    yield f"\n{report.images} images read{resumed}. Objects: {counts}; {report.repaired} repaired."
    for key, verdict in report.listed[:_MAX_LISTED]:
        yield f"  {verdict:8} {key}"
    yield from _and_more(report.remaining)


def _run(*, fix: bool, restore_spooled: bool) -> ReconcileReport:
    run = partial(deps().reconcile, fix=fix, restore_spooled=restore_spooled)
    if not _is_terminal():
        return run()
    count = deps().reconcile.count_records()
    with click.progressbar(length=count, file=sys.stderr, label="Records") as bar:
        return run(progress=bar.update)


def _is_terminal() -> bool:
    return sys.stderr.isatty()


@click.command(short_help="Compare the stored objects of an image with their hashes.")
@click.argument("image")
@with_appcontext
def verify(image: str) -> None:
    """Read the objects of IMAGE (id or filename) from the store, and compare them.

    Prints each object with `ok`, `damaged`, `missing` or `unknown` (the record has no hash) and the
    SHA-256 of its content.

    The exit status is 0 if all objects are ok, 1 if one is not, and 2 if the image does not exist,
    or if storage or records are unavailable.
    """
    with exit_on_error():
        record = deps().images.record(object_keys.id_of_name(image))
        checks = list(deps().deep_check.verify(record))
    for check in checks:
        click.echo(f"{check.verdict:8} {check.key}  {check.sha256}".rstrip())
    sys.exit(INCOMPLETE if any(check.verdict is not Verdict.OK for check in checks) else 0)


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
