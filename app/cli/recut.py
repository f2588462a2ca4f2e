"""`flask images recut`: all images again, with the cutout of today."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import exit_on_error
from app.usecases.images.recut import RecutResult

_SHEET = "contact-sheet.png"
_MAX_ON_SHEET = 100
_SOME_LEFT = 1


@click.command(short_help="Cut all images out again, from their originals.")
@click.option(
    "--compare",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Change nothing: write old and new images into this folder, with a contact sheet.",
)
@click.option("--in-place", is_flag=True, help="Let the new images take the old ones' place.")
@with_appcontext
def recut(folder: Path | None, in_place: bool) -> None:
    """Cut all images out again from their originals, with the cutout of today, for nothing.

    In place, addresses stay. This service's caches forget the old images; browsers and CDNs may
    show them for as long as they were told to keep them, which is a year.
    """
    if bool(folder) == in_place:
        raise click.UsageError("Give --compare FOLDER, or --in-place.")
    same = failed = 0
    changed: list[RecutResult] = []
    count = 0
    with exit_on_error():
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        for one in deps().recut(in_place=in_place):
            if one.problem:
                failed += 1
                click.echo(f"{one.record.id}: {one.problem}", err=True)
            elif not one.changed:
                same += 1
            else:
                count += 1
                if folder:
                    (folder / f"{one.record.id}-before.png").write_bytes(one.before)
                    (folder / f"{one.record.id}-after.png").write_bytes(one.after)
                    changed = sorted([*changed, one], key=_confidence)[:_MAX_ON_SHEET]
        if folder:
            from app.imaging.contact_sheet import contact_sheet

            pairs = [(one.before, one.after, _caption(one)) for one in changed]
            (folder / _SHEET).write_bytes(contact_sheet(pairs))
            click.echo(f"{folder / _SHEET}: the {len(changed)} least certain, old beside new")
    done = "changed" if in_place else "would change"
    click.echo(f"{count} {done}, {same} are the same, {failed} failed.")
    sys.exit(_SOME_LEFT if failed else 0)


def _confidence(one: RecutResult) -> float:
    return float(one.record.image.report.get("confidence", 0)) if one.record.image else 0.0


def _caption(one: RecutResult) -> str:
    prompt = one.record.prompt.encode("ascii", "replace").decode()
    return f"{_confidence(one):.2f} {' '.join(prompt.split())}"
