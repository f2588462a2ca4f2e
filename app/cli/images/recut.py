"""`flask images recut`: cuts out all images again, or some with other options."""

import base64
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.schemas.cutouts import CutoutBody
from app.cli.exit_codes import INCOMPLETE, describe, exit_on_error
from app.cli.images.cutout_options import cutout_options, validated
from app.errors import AppError
from app.models import object_keys
from app.usecases.images.recut import RecutResult

_CONTACT_SHEET = "contact-sheet.png"
_MAX_ON_SHEET = 100


@click.command(short_help="Cut out images again from their originals.")
@click.argument("images", nargs=-1)
@click.option(
    "--compare",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write old and new images and a contact sheet to a folder; change nothing.",
)
@click.option("--in-place", is_flag=True, help="Replace all images that changed.")
@cutout_options
@click.option("--replace", is_flag=True, help="Let each new image take the place of its parent.")
@with_appcontext
def recut(  # noqa: PLR0917 - reason: click passes each option by name
    images: tuple[str, ...],
    folder: Path | None,
    in_place: bool,
    holes: str | None,
    shadow: str | None,
    background: str | None,
    tolerance: int | None,
    mask: Path | None,
    replace: bool,
) -> None:
    """Cut out images again from their originals, free of charge.

    With IMAGES (ids or filenames), make a new image of each, with the options given. The same
    options make the same image, so the command can be repeated. With --replace, the URL of each
    image redirects to the new one.

    Without IMAGES, cut out all images again with today's cutout and their own options. Give
    --compare or --in-place. Replaced images keep their URLs. They are removed from the caches of
    this service, but browsers and CDNs may keep the old ones for up to a year. No image is replaced
    while Redis is set and does not respond.

    The exit status is 0, 1 if some images could not be cut out, and 2 if nothing was done.
    """
    chosen: dict[str, object] = {
        "holes": holes,
        "shadow": shadow,
        "background": background,
        "tolerance": tolerance,
        "mask": _read_mask(mask) if mask else None,
    }
    is_given = any(value is not None for value in chosen.values())
    if images:
        if folder or in_place:
            raise click.UsageError("--compare and --in-place apply to all images. Name none.")
        failed = _cut_out_each(images, validated(CutoutBody, chosen | {"replace": replace}))
    elif replace or is_given:
        raise click.UsageError("Name the images to cut out with these options.")
    elif bool(folder) == in_place:
        raise click.UsageError("Give either --compare FOLDER or --in-place.")
    else:
        failed = _cut_out_all(folder)
    sys.exit(INCOMPLETE if failed else 0)


def _read_mask(path: Path) -> str:
    with exit_on_error():
        return base64.b64encode(path.read_bytes()).decode()


def _cut_out_each(images: tuple[str, ...], body: CutoutBody) -> int:
    """Make a new image of each; return how many failed."""
    made = failed = 0
    for image_id in map(object_keys.id_of_name, images):
        try:
            result = deps().create_cutout(body.request(image_id, owner=None))
        except AppError as error:
            failed += 1
            click.echo(f"{image_id}: {describe(error)}", err=True)
        else:
            made += result.created
            verb = "replaced by" if body.replace else "cut out as"
            click.echo(f"{image_id} {verb} {result.record.id}")
    there = len(images) - made - failed
    click.echo(f"{made} made, {there} already there, {failed} failed.")
    return failed


def _cut_out_all(folder: Path | None) -> int:
    """Cut out all images, in place unless there is a folder; return how many failed."""
    unchanged = changed = failed = 0
    for_sheet: list[RecutResult] = []
    with exit_on_error():
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        for result in deps().recut(in_place=folder is None):
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
    verb = "would change" if folder else "changed"
    click.echo(f"{changed} {verb}, {unchanged} unchanged, {failed} failed.")
    return failed


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
