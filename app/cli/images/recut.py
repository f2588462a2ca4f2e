"""`flask images recut`: cuts out all images again."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import INCOMPLETE, exit_on_error
from app.usecases.images.recut import RecutResult

_CONTACT_SHEET = "contact-sheet.png"
_MAX_ON_SHEET = 100


@click.command(short_help="Cut out all images again from their originals.")
@click.option(
    "--compare",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write old and new images and a contact sheet to a folder; change nothing.",
)
@click.option("--in-place", is_flag=True, help="Replace the images.")
@with_appcontext
def recut(folder: Path | None, in_place: bool) -> None:
    """Cut out all images again from their originals, free of charge.

    Give --compare or --in-place. Replaced images keep their URLs. They are removed from the caches
    of this service, but browsers and CDNs may keep the old ones for up to a year.

    The exit status is 0, 1 if some images could not be cut out, and 2 if nothing was done.
    """
    if bool(folder) == in_place:
        raise click.UsageError("Give either --compare FOLDER or --in-place.")
    unchanged = changed = failed = 0
    for_sheet: list[RecutResult] = []
    with exit_on_error():
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        for result in deps().recut(in_place=in_place):
            if result.problem:
                failed += 1
                click.echo(f"{result.record.id}: {result.problem}", err=True)
            elif not result.changed:
                unchanged += 1
            else:
                changed += 1
                if folder:
                    _write_pair(folder, result)
                    for_sheet = sorted([*for_sheet, result], key=_confidence)[:_MAX_ON_SHEET]
        if folder:
            _write_contact_sheet(folder / _CONTACT_SHEET, for_sheet)
    verb = "changed" if in_place else "would change"
    click.echo(f"{changed} {verb}, {unchanged} unchanged, {failed} failed.")
    sys.exit(INCOMPLETE if failed else 0)


def _write_pair(folder: Path, result: RecutResult) -> None:
    (folder / f"{result.record.id}-before.png").write_bytes(result.before)
    (folder / f"{result.record.id}-after.png").write_bytes(result.after)


def _write_contact_sheet(path: Path, results: list[RecutResult]) -> None:
    from app.imaging.contact_sheet import contact_sheet

    pairs = [(result.before, result.after, _caption(result)) for result in results]
    path.write_bytes(contact_sheet(pairs))
    click.echo(f"{path}: {len(results)} images before and after, the least certain first")


def _confidence(result: RecutResult) -> float:
    return float(result.record.image.report.get("confidence", 0)) if result.record.image else 0.0


def _caption(result: RecutResult) -> str:
    prompt = result.record.prompt.encode("ascii", "replace").decode()
    return f"{_confidence(result):.2f} {' '.join(prompt.split())}"
